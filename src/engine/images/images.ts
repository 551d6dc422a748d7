import type { Images } from '../engine.ts';
import { imageHistory } from './history.ts';
import { importImage, type ImportParts } from './import.ts';
import { inspectImage } from './inspect.ts';
import { layoutDirectory } from './layout-directory.ts';
import { listImages } from './list.ts';
import { loadImages } from './load.ts';
import { pruneImages } from './prune.ts';
import { removeImage } from './remove.ts';
import { saveImages } from './save.ts';
import { tagImage } from './tag.ts';

/** The use cases of images over a store and its layers. */
export function imagesOf(parts: ImportParts): Images {
  const { store } = parts;
  return {
    list: async (filter) => listImages(store, filter),
    inspect: async (name) => inspectImage(store, name),
    history: async (name) => imageHistory(store, name),
    tag: async (source, target) => tagImage(store, source, target),
    remove: (name, options) => removeImage(store, name, options),
    prune: (options) => pruneImages(store, options),
    save: (names, options) => saveImages(parts, names, options),
    load: (archive, options) =>
      loadImages(
        parts,
        'directory' in archive ? layoutDirectory(archive.directory) : archive,
        options,
      ),
    import: (archive, request, options) => importImage(parts, archive, request, options),
  };
}
