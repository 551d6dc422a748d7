declare const task: unique symbol;
/** Names a task within one stream of events. */
export type TaskId = number & { readonly [task]: true };

/**
 * Everything a renderer may know. Plain data: `JSON.stringify(event)` is the wire format.
 * Tasks form a tree by `parent`. `kind` tells a build step (numbered in plain output) from
 * the transfers and phases below it.
 */
export type ProgressEvent =
  | {
      readonly type: 'begin';
      readonly id: TaskId;
      readonly parent?: TaskId;
      readonly title: string;
      readonly kind?: 'step' | 'internal' | 'transfer';
      /** In `unit`s. */
      readonly total?: number;
      readonly unit?: 'bytes' | 'items';
    }
  | {
      readonly type: 'advance';
      readonly id: TaskId;
      readonly current: number;
      readonly total?: number;
    }
  | {
      readonly type: 'log';
      readonly id: TaskId;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
    }
  /** One line of information; with a `reason` it says why a step ran, or why it did not. */
  | {
      readonly type: 'note';
      readonly id: TaskId;
      readonly text: string;
      readonly reason?: StepReason;
    }
  | {
      readonly type: 'warning';
      readonly id?: TaskId;
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      /** `Dockerfile:3`, where there is one. */
      readonly place?: string;
    }
  /** Something failed and is tried again after so many seconds. Without an `id` it belongs to no task. */
  | {
      readonly type: 'retry';
      readonly id?: TaskId;
      readonly seconds: number;
    }
  | {
      readonly type: 'end';
      readonly id: TaskId;
      readonly outcome: Outcome;
      /** Where something was mounted from. */
      readonly from?: string;
      readonly error?: { readonly code: string; readonly message: string };
    };

/** Why a step ran, or why it did not, as data. */
export interface StepReason {
  readonly kind:
    /** Nothing of this Dockerfile was built before. */
    | 'first'
    /** The instruction is new. */
    | 'new'
    /** `--no-cache`, `--no-cache-filter`. */
    | 'asked'
    /** There was a result, and it was removed. */
    | 'removed'
    /** What `differences` name. */
    | 'changed'
    /** Only what it stands on: `step`. */
    | 'before'
    /** Did not run: a result was remembered. */
    | 'cached';
  /** The same in words, one line. */
  readonly text: string;
  readonly differences?: readonly StepDifference[];
  /** The step that is the cause. */
  readonly step?: string;
  /** Of the result that was taken: its key, when it was made, and how long that took in milliseconds. */
  readonly record?: { readonly key: string; readonly createdAt: number; readonly took: number };
}

/** One thing that differs from the nearest earlier result of a step. Never the value of an ARG or ENV. */
export interface StepDifference {
  readonly kind: string;
  readonly name: string;
  readonly how: 'changed' | 'added' | 'removed' | 'moved';
  readonly before?: string;
  readonly after?: string;
  /** Of a source: what differs below it, the first twenty. */
  readonly files?: readonly FileChange[];
  /** How many entries differ, and of how many. */
  readonly counts?: { readonly differ: number; readonly of: number };
}

/** A file that differs, and in what. */
export interface FileChange {
  readonly path: string;
  readonly what: string;
}

/** The sink as the task `id` has it: what is tried again there is tried again for this task. */
export function ofTask(sink: ProgressSink | undefined, id: TaskId): ProgressSink {
  return (event) => sink?.(event.type === 'retry' ? { ...event, id } : event);
}

/** How a task ended. */
export type Outcome = 'done' | 'cached' | 'exists' | 'mounted' | 'canceled' | 'failed';

/** Takes events as they happen. `at` is in milliseconds since the Unix epoch. */
export type ProgressSink = (event: ProgressEvent & { readonly at: number }) => void;

/** What long calls take instead of a logger. Everything in it is optional for the caller. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly progress?: ProgressSink;
}
