import type { Outcome, ProgressEvent, TaskId } from '../../base/progress.ts';
import { humanSize } from '../units.ts';

/** A task as the displays keep it. */
export interface ShownTask {
  readonly id: TaskId;
  readonly title: string;
  /** Steps and phases have a line of their own; the rest belongs to the nearest one above. */
  readonly line: ShownTask;
  readonly began: number;
  readonly unit: 'bytes' | 'items' | undefined;
  current: number;
  total: number | undefined;
  ended:
    | { readonly at: number; readonly outcome: Outcome; readonly message: string | undefined }
    | undefined;
  /** The last whole lines of output, and what began after them. */
  readonly tail: string[];
  partial: string;
  /** Why it runs. */
  reason: string | undefined;
  /** When it is tried again, in milliseconds since the Unix epoch. */
  retryAt: number | undefined;
}

type Timed = ProgressEvent & { readonly at: number };
type Warning = Extract<ProgressEvent, { type: 'warning' }>;

const TAIL = 20;
/** A line without an end is cut here, so that a hostile one does not fill the memory. */
const LONGEST_LINE = 64 * 1024;

/** The state behind a display: every task that has not been forgotten, and what to say last. */
export interface TaskBoard {
  readonly tasks: ReadonlyMap<TaskId, ShownTask>;
  readonly warnings: readonly Warning[];
  readonly failures: readonly ShownTask[];
  begin(event: Extract<Timed, { type: 'begin' }>): ShownTask;
  /** Adds output; returns the lines that it completed. */
  log(task: ShownTask, text: string): string[];
  end(event: Extract<Timed, { type: 'end' }>): ShownTask | undefined;
  warn(event: Warning): void;
}

/** A board without tasks. */
export function taskBoard(): TaskBoard {
  const tasks = new Map<TaskId, ShownTask>();
  const warnings: Warning[] = [];
  const failures: ShownTask[] = [];
  return {
    tasks,
    warnings,
    failures,
    begin(event) {
      const parent = event.parent === undefined ? undefined : tasks.get(event.parent);
      const own = event.kind === 'step' || event.kind === 'internal' || parent === undefined;
      const state = {
        id: event.id,
        title: event.title,
        began: event.at,
        unit: event.unit,
        current: 0,
        total: event.total,
        ended: undefined,
        tail: [],
        partial: '',
        reason: undefined,
        retryAt: undefined,
      };
      const task: ShownTask = Object.assign(state, { line: undefined as unknown as ShownTask });
      Object.assign(task, { line: own ? task : parent.line });
      tasks.set(event.id, task);
      return task;
    },
    log(task, text) {
      const lines = (task.partial + text).split('\n');
      task.partial = (lines.pop() ?? '').slice(-LONGEST_LINE);
      const whole = lines.map(lastRewrite);
      task.tail.push(...whole.slice(-TAIL));
      task.tail.splice(0, task.tail.length - TAIL);
      return whole;
    },
    end(event) {
      const task = tasks.get(event.id);
      if (!task) return undefined;
      task.ended = { at: event.at, outcome: event.outcome, message: event.error?.message };
      tasks.delete(event.id);
      if (event.outcome === 'failed' && task.line === task) failures.push(task);
      return task;
    },
    warn: (event) => warnings.push(event),
  };
}

/** Programs that count in place write carriage returns: what would be seen is what came last. */
function lastRewrite(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  return text.slice(text.lastIndexOf('\r') + 1);
}

/** Seconds for a display: `0.3s`. */
export function seconds(milliseconds: number): string {
  return `${(Math.max(0, milliseconds) / 1000).toFixed(1)}s`;
}

/** How far a task is: `1.98MB`, `12MB / 40MB`, `3 / 7`; empty before anything is known. */
export function amount(task: ShownTask): string {
  const shown = (n: number): string => (task.unit === 'items' ? String(n) : humanSize(n));
  if (task.total !== undefined && task.ended === undefined) {
    return `${shown(task.current)} / ${shown(task.total)}`;
  }
  return task.current === 0 ? '' : shown(task.current);
}

/** Docker's words for a pause before the next try: `Retrying in 5 seconds`. */
export function retrying(seconds: number): string {
  return `Retrying in ${seconds} second${seconds === 1 ? '' : 's'}`;
}

/** What is said after everything else: the output of what failed, then the warnings. */
export function closingLines({ failures, warnings }: TaskBoard, withOutput: boolean): string[] {
  const lines: string[] = [];
  if (withOutput && failures.length > 0) {
    for (const task of failures) {
      const tail = task.partial === '' ? task.tail : [...task.tail, task.partial];
      lines.push('------', ` > ${task.title}:`, ...tail);
    }
    lines.push('------');
  }
  if (warnings.length > 0) {
    const count = `${warnings.length} warning${warnings.length === 1 ? '' : 's'} found`;
    lines.push('', ` ${count}:`);
    for (const { code, message, place, hint } of warnings) {
      lines.push(` - ${code}: ${message}${place === undefined ? '' : ` (${place})`}`);
      if (hint !== undefined) lines.push(`   ${hint}`);
    }
  }
  return lines;
}
