import type { Store } from '../../store/store.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Connections } from '../../registry/connection.ts';
import type { RegistrySettings } from '../../registry/settings.ts';
import type { Images } from '../engine.ts';
import type { ImportParts } from './import.ts';

/** What the use cases of images work with. */
export interface ImagesParts {
  readonly store: Store;
  /** Opened when layers are read or made, which a listing does not need. */
  readonly snapshotter: () => Promise<Snapshotter>;
  readonly applyChanges: ImportParts['applyChanges'];
  /** The ways to registries; opened when one is asked. */
  readonly connections: () => Promise<Connections>;
  /** Proxies, for what is fetched from elsewhere. */
  readonly settings?: RegistrySettings | undefined;
}

/**
 * The use cases of images over a store and its layers. Each is loaded when it is asked for:
 * a listing must not wait for the code that reads archives.
 */
export function imagesOf(parts: ImagesParts): Images {
  const { store } = parts;
  const opened = async (): Promise<ImportParts> => ({
    ...parts,
    snapshotter: await parts.snapshotter(),
  });
  return {
    list: async (filter) => (await import('./list.ts')).listImages(store, filter),
    listTrees: async (filter) => (await import('./trees.ts')).listTrees(store, filter),
    inspect: async (name, platform) =>
      (await import('./inspect.ts')).inspectImage(store, name, platform),
    history: async (name, platform) =>
      (await import('./history.ts')).imageHistory(store, name, platform),
    audit: async (name, options = {}) =>
      (await import('../audit/audit.ts')).auditImage(name, await opened(), options),
    blame: async (name, paths, options) =>
      (await import('../understand/blame.ts')).blameImage(await opened(), name, paths, options),
    diff: async (before, after, options) => {
      const { compareImages } = await import('../understand/compare.ts');
      return compareImages(await opened(), [before, after], options);
    },
    diffFile: async (before, after, path, options) => {
      const { compareFile } = await import('../understand/compare.ts');
      return compareFile(await opened(), [before, after], path, options);
    },
    layers: async (name, platform) =>
      (await import('../understand/image-layers.ts')).imageLayers(store, name, platform),
    explain: async (name, options) =>
      (await import('../understand/explain.ts')).explainImage(await opened(), name, options),
    lint: async (name, options = {}) =>
      (await import('./lint.ts')).lintImage(name, await opened(), options),
    tag: async (source, target) => (await import('./tag.ts')).tagImage(store, source, target),
    remove: async (name, options) =>
      (await import('./remove.ts')).removeImage(store, name, options),
    removeAll: async (names, options) =>
      (await import('./remove.ts')).removeImages(store, names, options),
    untag: async (name) => (await import('./untag.ts')).untagImage(store, name),
    exists: async (name) => (await import('./untag.ts')).imageExists(store, name),
    prune: async (options) => (await import('./prune.ts')).pruneImages(store, options),
    planPrune: async (options) => (await import('./prune.ts')).planPrune(store, options),
    pull: async (request, options) =>
      (await import('./pull.ts')).pullImages(parts, request, options),
    push: async (request, options) =>
      (await import('./push.ts')).pushImages(parts, request, options),
    copy: async (request, options) =>
      (await import('../copy/copy-image.ts')).copyImage(parts, request, options),
    save: async (names, options) =>
      (await import('./save.ts')).saveImages(await opened(), names, options),
    saveDirectory: async (names, directory, options) =>
      (await import('./save-directory.ts')).saveDirectory(
        await opened(),
        names,
        directory,
        options,
      ),
    inventory: async () => (await import('./inventory.ts')).inventoryOf(store),
    load: async (archive, options) =>
      (await import('./load.ts')).loadImages(
        await opened(),
        'directory' in archive
          ? (await import('./layout-directory.ts')).layoutDirectory(archive.directory)
          : archive,
        options,
      ),
    import: async (archive, request, options) =>
      (await import('./import.ts')).importImage(
        await opened(),
        'url' in archive
          ? (await import('./fetch-archive.ts')).fetchArchive(archive.url, parts.settings, options)
          : archive,
        request,
        options,
      ),
  };
}
