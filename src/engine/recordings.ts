import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Store } from '../store/store.ts';
import type { Engine } from './engine.ts';
import type { Recordings } from './recording-types.ts';

/** What was typed in containers of a store. Loaded when it is asked for. */
export function recordingsOf(
  store: Store,
  snapshotter: () => Promise<Snapshotter>,
  build: Engine['build'],
): Recordings {
  return {
    has: async (container) =>
      (await import('./recording/recording.ts')).isRecorded(store, container),
    async draft(request) {
      const { recordedDraft } = await import('./recording/recording.ts');
      return recordedDraft({ store, snapshotter: await snapshotter() }, request);
    },
    async write(request, directory) {
      const { writeDraft } = await import('./recording/write-draft.ts');
      return writeDraft({ store, snapshotter: await snapshotter() }, request, directory);
    },
    async check(directory, image, options = {}) {
      const { checkDraft } = await import('./recording/check-draft.ts');
      const parts = { store, snapshotter: await snapshotter(), build };
      return checkDraft(parts, directory, image, options);
    },
  };
}
