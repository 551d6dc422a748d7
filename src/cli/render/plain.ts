import type { Output } from '../output.ts';
import type { Renderer } from './renderer.ts';
import { amount, closingLines, retrying, seconds, taskBoard, type ShownTask } from './tasks.ts';

/** Append-only lines with the number of their step in front, as BuildKit writes them. */
export function plainRenderer(out: Output): Renderer {
  const board = taskBoard();
  const numbers = new Map<ShownTask, number>();
  let shown: ShownTask | undefined;
  let any = false;
  /** What waits while somebody else has the terminal. */
  let waiting: Parameters<Renderer['sink']>[0][] | undefined;

  /** Makes `line` the step whose lines are being written. */
  const turnTo = (line: ShownTask): string => {
    const number = numbers.get(line) ?? numbers.size + 1;
    numbers.set(line, number);
    if (shown !== line) {
      if (any) out.line('');
      out.line(`#${number} ${line.title}`);
      any = true;
    }
    shown = line;
    return `#${number}`;
  };
  const output = (task: ShownTask, lines: readonly string[], at: number): void => {
    const number = turnTo(task.line);
    const time = (Math.max(0, at - task.line.began) / 1000).toFixed(3);
    for (const line of lines) out.line(`${number} ${time} ${line}`);
  };

  const show: Renderer['sink'] = (event) => {
    switch (event.type) {
      case 'begin': {
        const task = board.begin(event);
        if (task.line === task) turnTo(task);
        return;
      }
      case 'advance': {
        const task = board.tasks.get(event.id);
        if (!task) return;
        task.current = event.current;
        task.total = event.total ?? task.total;
        return;
      }
      case 'log': {
        const task = board.tasks.get(event.id);
        const lines = task ? board.log(task, event.text) : [];
        if (task && lines.length > 0) output(task, lines, event.at);
        return;
      }
      case 'note': {
        const task = board.tasks.get(event.id);
        if (task) out.line(`${turnTo(task.line)} ${event.text}`);
        return;
      }
      case 'retry': {
        const task = event.id === undefined ? undefined : board.tasks.get(event.id);
        if (task) out.line(`${turnTo(task.line)} ${task.title}: ${retrying(event.seconds)}`);
        return;
      }
      case 'warning':
        board.warn(event);
        return;
      case 'end': {
        const task = board.end(event);
        if (!task) return;
        if (task.partial !== '') output(task, [task.partial], event.at);
        const number = turnTo(task.line);
        out.line(task.line === task ? `${number} ${ending(task)}` : `${number} ${transfer(task)}`);
        if (task.line === task) shown = undefined;
      }
    }
  };

  return {
    sink: (event) => (waiting ? void waiting.push(event) : show(event)),
    pause() {
      waiting ??= [];
      return {
        [Symbol.dispose]() {
          const events = waiting ?? [];
          waiting = undefined;
          events.forEach(show);
        },
      };
    },
    [Symbol.dispose]() {
      for (const line of closingLines(board, true)) out.line(line);
    },
  };
}

function ending({ ended, began }: ShownTask): string {
  switch (ended?.outcome) {
    case 'cached':
      return 'CACHED';
    case 'canceled':
      return 'CANCELED';
    case 'failed':
      return ended.message === undefined ? 'ERROR' : `ERROR: ${ended.message}`;
    default:
      return `DONE ${seconds((ended?.at ?? began) - began)}`;
  }
}

function transfer(task: ShownTask): string {
  const { title, ended, began } = task;
  const size = amount(task);
  const time = seconds((ended?.at ?? began) - began);
  switch (ended?.outcome) {
    case 'exists':
      return `${title} already exists`;
    case 'mounted':
      return `${title} mounted`;
    case 'cached':
      return `${title} cached`;
    case 'canceled':
      return `${title} canceled`;
    case 'failed':
      return `${title} failed`;
    default:
      return `${title}${size === '' ? '' : `: ${size}`} ${time} done`;
  }
}
