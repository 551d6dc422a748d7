import type { Bytes } from './bytes.ts';
import type { Outcome, ProgressEvent, ProgressSink, StepReason, TaskId } from './progress.ts';

/** A running task. Leaving its scope reports its end with `outcome` (`failed` unless set). */
export interface Task extends Disposable {
  readonly id: TaskId;
  outcome: Outcome;
  /** Where it was mounted from, where that is known. */
  from?: string;
  /** Why it failed, where that is known. */
  error?: { readonly code: string; readonly message: string };
  /** Passes a stream through and reports how far it is. */
  count(bytes: Bytes): Bytes;
  advance(current: number, total?: number): void;
  log(stream: 'stdout' | 'stderr', text: string): void;
  note(text: string, reason?: StepReason): void;
}

/** Makes tasks and events for one sink. */
export interface Reporter {
  begin(title: string, options?: TaskOptions): Task;
  /** Something is tried again after so many seconds. */
  retry(seconds: number): void;
  warn(warning: Omit<Extract<ProgressEvent, { type: 'warning' }>, 'type'>): void;
}

/** What is said of a task at its beginning. */
export type TaskOptions = Omit<Extract<ProgressEvent, { type: 'begin' }>, 'type' | 'id' | 'title'>;

let last = 0;

/** A reporter for `sink`; without one it costs nothing and says nothing. */
export function reporter(sink: ProgressSink | undefined): Reporter {
  const emit = (event: ProgressEvent): void => sink?.({ ...event, at: Date.now() });
  return {
    begin(title, options = {}) {
      // Unique in the process, not only in the sink: several operations may share one display.
      const id = ++last as TaskId;
      emit({ type: 'begin', id, title, ...options });
      return {
        id,
        outcome: 'failed',
        async *count(bytes) {
          let current = 0;
          for await (const chunk of bytes) {
            yield chunk;
            emit({ type: 'advance', id, current: (current += chunk.length) });
          }
        },
        advance: (current, total) =>
          emit({ type: 'advance', id, current, ...(total !== undefined && { total }) }),
        log: (stream, text) => emit({ type: 'log', id, stream, text }),
        note: (text, reason) => emit({ type: 'note', id, text, ...(reason && { reason }) }),
        [Symbol.dispose]() {
          const { outcome, from, error } = this;
          emit({
            type: 'end',
            id,
            outcome,
            ...(from !== undefined && { from }),
            ...(outcome === 'failed' && error && { error }),
          });
        },
      };
    },
    retry: (seconds) => emit({ type: 'retry', seconds }),
    warn: (warning) => emit({ type: 'warning', ...warning }),
  };
}
