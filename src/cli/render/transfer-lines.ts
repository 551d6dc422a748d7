import type { ProgressSink, TaskId } from '../../base/progress.ts';
import type { Output } from '../output.ts';
import { retrying } from './tasks.ts';

/** What a transfer of layers says of each of them, before, after, and when it was not needed. */
export interface TransferWords {
  readonly begun: string;
  /** Said of every layer, also before it is known whether it is needed. */
  readonly always: boolean;
  readonly done: readonly string[];
  readonly exists: string;
}

/** Docker's words for a pull. */
export const PULL_WORDS: TransferWords = {
  begun: 'Pulling fs layer',
  always: false,
  done: ['Download complete', 'Pull complete'],
  exists: 'Already exists',
};

/** Docker's words for a push. */
export const PUSH_WORDS: TransferWords = {
  begun: 'Preparing',
  always: true,
  done: ['Pushed'],
  exists: 'Layer already exists',
};

/**
 * Lines for transfers of layers, as Docker writes them where nobody looks: what is transferred,
 * each layer by its short digest, then what came of it. Warnings go to `errors`.
 */
export function transferLines(out: Output, errors: Output, words: TransferWords): ProgressSink {
  const layers = new Map<TaskId, string>();
  const begun = new Set<TaskId>();
  const begin = (id: TaskId): void => {
    const layer = layers.get(id);
    if (layer === undefined || begun.has(id)) return;
    begun.add(id);
    out.line(`${layer}: ${words.begun}`);
  };
  return (event) => {
    switch (event.type) {
      case 'begin':
        if (event.kind === 'step') out.line(event.title);
        if (event.kind !== 'transfer' || !/^sha\d+:/.test(event.title)) return;
        layers.set(event.id, event.title.replace(/^sha\d+:/, '').slice(0, 12));
        if (words.always) begin(event.id);
        return;
      case 'advance':
        begin(event.id);
        return;
      case 'note':
        out.line(event.text);
        return;
      case 'retry': {
        const layer = event.id === undefined ? undefined : layers.get(event.id);
        const text = retrying(event.seconds);
        out.line(layer === undefined ? text : `${layer}: ${text}`);
        return;
      }
      case 'warning':
        errors.line(`WARNING: ${event.message}`);
        return;
      case 'end': {
        const layer = layers.get(event.id);
        if (layer === undefined) return;
        if (event.outcome === 'exists') out.line(`${layer}: ${words.exists}`);
        if (event.outcome === 'mounted') {
          out.line(`${layer}: Mounted from ${event.from ?? 'another repository'}`);
        }
        if (event.outcome === 'done') for (const word of words.done) out.line(`${layer}: ${word}`);
        return;
      }
      case 'log':
    }
  };
}
