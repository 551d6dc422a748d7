import type { Output } from '../output.ts';
import { unpaused, type Renderer } from './renderer.ts';
import { closingLines, taskBoard, type ShownTask } from './tasks.ts';

/**
 * The log of Docker's classic builder, for scripts that read it: `Step 1/3 : FROM base`, what the step says as it is,
 * and whether its result was remembered. Where stages are built at the same time a step is named again when it goes on.
 */
export function classicRenderer(out: Output, errors: Output): Renderer {
  const board = taskBoard();
  const steps = new Set<ShownTask>();
  let shown: ShownTask | undefined;
  const turnTo = (line: ShownTask): void => {
    if (shown === line) return;
    shown = line;
    out.line(stepLine(line.title));
  };
  return {
    sink(event) {
      switch (event.type) {
        case 'begin': {
          const task = board.begin(event);
          if (event.kind !== 'step') return;
          steps.add(task);
          turnTo(task);
          return;
        }
        case 'log': {
          const task = board.tasks.get(event.id);
          const lines = task ? board.log(task, event.text) : [];
          if (!task || lines.length === 0) return;
          turnTo(task.line);
          lines.forEach((line) => out.line(line));
          return;
        }
        case 'warning':
          board.warn(event);
          return;
        case 'end': {
          const task = board.end(event);
          if (!task || !steps.delete(task)) return;
          if (task.partial !== '') {
            turnTo(task.line);
            out.line(task.partial);
          }
          if (event.outcome !== 'cached') return;
          turnTo(task.line);
          out.line(' ---> Using cache');
          return;
        }
        default:
      }
    },
    pause: unpaused,
    [Symbol.dispose]() {
      for (const line of closingLines(board, false)) errors.line(line);
    },
  };
}

/** `[2/3] RUN make` as `Step 2/3 : RUN make`; of a named stage with its name. */
function stepLine(title: string): string {
  const [, stage = '', place = '', rest = title] =
    /^\[(?:(.*) )?(\d+\/\d+)\] (.*)$/s.exec(title) ?? [];
  return `Step ${place}${stage === '' ? '' : ` (${stage})`} : ${rest}`;
}
