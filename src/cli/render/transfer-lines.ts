import type { ProgressSink, TaskId } from '../../base/progress.ts';
import type { Output } from '../output.ts';

/** What a transfer of layers says of each of them, before, after, and when it was not needed. */
export interface TransferWords {
  readonly begun: string;
  readonly done: readonly string[];
  readonly exists: string;
}

/** Docker's words for a pull. */
export const PULL_WORDS: TransferWords = {
  begun: 'Pulling fs layer',
  done: ['Download complete', 'Pull complete'],
  exists: 'Already exists',
};

/** Docker's words for a push. */
export const PUSH_WORDS: TransferWords = {
  begun: 'Preparing',
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
  return (event) => {
    switch (event.type) {
      case 'begin':
        if (event.kind === 'step') out.line(event.title);
        if (event.kind !== 'transfer') return;
        layers.set(event.id, event.title.replace(/^sha\d+:/, '').slice(0, 12));
        return;
      case 'advance': {
        const layer = layers.get(event.id);
        if (layer === undefined || begun.has(event.id)) return;
        begun.add(event.id);
        out.line(`${layer}: ${words.begun}`);
        return;
      }
      case 'note':
        out.line(event.text);
        return;
      case 'warning':
        errors.line(`WARNING: ${event.message}`);
        return;
      case 'end': {
        const layer = layers.get(event.id);
        if (layer === undefined) return;
        if (event.outcome === 'exists') out.line(`${layer}: ${words.exists}`);
        if (event.outcome === 'mounted') out.line(`${layer}: Mounted`);
        if (event.outcome === 'done') for (const word of words.done) out.line(`${layer}: ${word}`);
        return;
      }
      case 'log':
    }
  };
}
