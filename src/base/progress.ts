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
  /** One line of information, such as why a step ran. */
  | { readonly type: 'note'; readonly id: TaskId; readonly text: string }
  | {
      readonly type: 'warning';
      readonly id?: TaskId;
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      /** `Dockerfile:3`, where there is one. */
      readonly place?: string;
    }
  | {
      readonly type: 'end';
      readonly id: TaskId;
      readonly outcome: Outcome;
      readonly error?: { readonly code: string; readonly message: string };
    };

/** How a task ended. */
export type Outcome = 'done' | 'cached' | 'exists' | 'mounted' | 'canceled' | 'failed';

/** Takes events as they happen. `at` is in milliseconds since the Unix epoch. */
export type ProgressSink = (event: ProgressEvent & { readonly at: number }) => void;

/** What long calls take instead of a logger. Everything in it is optional for the caller. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly progress?: ProgressSink;
}
