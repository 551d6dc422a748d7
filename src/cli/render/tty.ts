import type { Output } from '../output.ts';
import { visible } from '../visible.ts';
import type { Renderer, TerminalTraits } from './renderer.ts';
import { amount, closingLines, retrying, seconds, taskBoard, type ShownTask } from './tasks.ts';

/** Milliseconds between two drawings, at least. */
const PACE = 100;
/** Lines of output shown below a running step. */
const TAIL = 6;

/**
 * The rewriting display: finished steps stay as one line each, what is running is redrawn
 * below them at most ten times a second.
 */
export function ttyRenderer(out: Output, traits: () => TerminalTraits): Renderer {
  const board = taskBoard();
  const finished: string[] = [];
  let drawn = 0;
  let last = 0;
  let began: number | undefined;
  let steps = 0;
  let done = 0;
  let now = 0;
  let paused = false;

  const draw = (live: boolean): void => {
    if (paused) return;
    const { columns, rows, colour } = traits();
    const fit = (line: string): string =>
      Array.from(visible(line))
        .slice(0, columns - 1)
        .join('');
    const lines = live
      ? running()
          .slice(0, Math.max(1, rows - 2))
          .map(fit)
      : [];
    // Up to the first of our own lines, then clear everything below.
    const erase = drawn > 0 ? `\x1b[${drawn}A\r\x1b[J` : '';
    const kept = finished.splice(0).map((line) => paint(fit(line), colour));
    out.raw(erase + [...kept, ...lines].map((line) => `${line}\n`).join(''));
    drawn = lines.length;
  };
  const running = (): string[] => {
    const tasks = [...board.tasks.values()];
    const lines = tasks
      .filter((task) => task.line === task)
      .flatMap((task) => {
        const below = tasks.filter((one) => one.line === task && one !== task);
        const tail = task.partial === '' ? task.tail : [...task.tail, task.partial];
        return [
          row(`=> ${task.title}`, task),
          ...because(task),
          ...below.map((one) => row(`=> => ${one.title}`, one)),
          ...tail.slice(-TAIL).map((line) => ` => => # ${line}`),
        ];
      });
    return lines.length === 0
      ? []
      : [`[+] ${seconds(now - (began ?? now))} (${done}/${steps})`, ...lines];
  };
  const row = (text: string, task: ShownTask): string => {
    const left = Math.ceil(((task.retryAt ?? now) - now) / 1000);
    const size = left > 0 ? retrying(left) : amount(task);
    return beside(` ${text}${size === '' ? '' : ` ${size}`}`, seconds(now - task.began));
  };
  /** Text on the left, time on the right edge. */
  const beside = (text: string, time: string): string => {
    const room = traits().columns - 2 - time.length;
    return `${Array.from(text).slice(0, room).join('').padEnd(room)} ${time}`;
  };
  const tick = setInterval(() => {
    now = Date.now();
    draw(true);
  }, PACE);
  tick.unref();

  return {
    sink(event) {
      now = event.at;
      began ??= event.at;
      switch (event.type) {
        case 'begin':
          if (board.begin(event).line.id === event.id) steps += 1;
          break;
        case 'advance': {
          const task = board.tasks.get(event.id);
          if (task) {
            task.current = event.current;
            task.total = event.total ?? task.total;
          }
          break;
        }
        case 'log': {
          const task = board.tasks.get(event.id);
          if (task) board.log(task.line, event.text);
          break;
        }
        case 'note': {
          const task = board.tasks.get(event.id);
          if (task && event.reason) task.line.reason = event.text;
          else if (task) finished.push(` => => ${event.text}`);
          break;
        }
        case 'retry': {
          const task = event.id === undefined ? undefined : board.tasks.get(event.id);
          if (task) task.retryAt = event.at + event.seconds * 1000;
          break;
        }
        case 'warning':
          board.warn(event);
          break;
        case 'end': {
          const task = board.end(event);
          if (task && task.line === task) {
            done += 1;
            finished.push(
              beside(` => ${mark(task)}${task.title}`, seconds(event.at - task.began)),
              ...because(task),
            );
          }
        }
      }
      if (now - last >= PACE) {
        last = now;
        draw(true);
      }
    },
    pause() {
      // What can be seen of running steps stays: the output of the one that failed is there.
      draw(true);
      drawn = 0;
      paused = true;
      return {
        [Symbol.dispose]() {
          paused = false;
          draw(true);
        },
      };
    },
    [Symbol.dispose]() {
      clearInterval(tick);
      if (began !== undefined)
        finished.push(`[+] ${seconds(now - began)} (${done}/${steps}) finished`);
      draw(false);
      for (const line of closingLines(board, true)) out.line(line);
    },
  };
}

function because({ reason }: ShownTask): string[] {
  return reason === undefined ? [] : [` => => ${reason}`];
}

function mark({ ended }: ShownTask): string {
  switch (ended?.outcome) {
    case 'cached':
      return 'CACHED ';
    case 'failed':
      return 'ERROR ';
    case 'canceled':
      return 'CANCELED ';
    default:
      return '';
  }
}

/** Only what went wrong is coloured, and it says so in words as well. */
function paint(line: string, colour: boolean): string {
  return colour && line.startsWith(' => ERROR ') ? `\x1b[31m${line}\x1b[0m` : line;
}
