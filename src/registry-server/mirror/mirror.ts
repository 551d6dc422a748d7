import { InvalidInputError } from '../../base/errors.ts';
import type { RegistryStorage } from '../storage.ts';
import { MirroredBlobs } from './blobs.ts';
import { mirrorText } from './figures.ts';
import { MirroredLists } from './lists.ts';
import { MirroredManifests } from './manifests.ts';
import { MirrorPlaces, placeOf } from './places.ts';
import type { MirrorSettings } from './settings.ts';
import { Upstream, type UpstreamParts } from './upstream.ts';

/** Repositories that are read through from registries elsewhere. Ends its downloads when disposed of. */
export interface Mirror extends AsyncDisposable {
  /** What answers in place of the storage that it was opened with, whose owner stays who it is. */
  readonly storage: RegistryStorage;
  /** What it was opened with: what is here, without asking anybody. */
  readonly behind: RegistryStorage;
  /** True for repositories whose content comes from elsewhere: nothing is pushed there. */
  readonly isMirrored: (repository: string) => boolean;
  /** The repository here that a client means, see {@link MirrorPlaces.meant}. Throws Problem. */
  meant(repository: string, ns: string | undefined, own: string | undefined): string;
  /** What was counted since the start, in the text format of Prometheus. */
  readonly figures: () => string;
}

/**
 * Puts mirrors before a storage. Throws InvalidInputError for settings that contradict each other,
 * RegistryConfigError for files that cannot be read.
 */
export function openMirror(
  inner: RegistryStorage,
  settings: readonly MirrorSettings[],
  parts: UpstreamParts,
): Mirror {
  const prefixes = new Set<string>();
  for (const { prefix } of settings) {
    if (prefixes.has(prefix)) {
      const what = prefix === '' ? 'everything' : `what is below ${prefix}/`;
      throw new InvalidInputError(`two mirrors are for ${what}`);
    }
    prefixes.add(prefix);
  }
  const stack = new DisposableStack();
  const all = settings.map((one) => placeOf(one, stack.use(new Upstream(one, parts))));
  const places = new MirrorPlaces(all);
  const manifests = new MirroredManifests(inner, parts.clock);
  const blobs = new MirroredBlobs(inner, parts.clock, manifests.sizes);
  const lists = new MirroredLists(inner, parts.clock);
  const end = async (): Promise<void> => {
    await blobs[Symbol.asyncDispose]();
    stack.dispose();
  };
  return {
    storage: storageOf(inner, places, { manifests, blobs, lists }, end),
    behind: inner,
    isMirrored: (repository) => places.find(repository) !== undefined,
    meant: (repository, ns, own) => places.meant(repository, ns, own),
    figures: () => mirrorText(all),
    [Symbol.asyncDispose]: end,
  };
}

interface Mirrored {
  readonly manifests: MirroredManifests;
  readonly blobs: MirroredBlobs;
  readonly lists: MirroredLists;
}

/** What is not about mirrors goes to the storage behind. */
function storageOf(
  inner: RegistryStorage,
  places: MirrorPlaces,
  { manifests, blobs, lists }: Mirrored,
  end: () => Promise<void>,
): RegistryStorage {
  return {
    hasRepository(repository) {
      const name = places.find(repository);
      return name ? lists.hasRepository(repository, name) : inner.hasRepository(repository);
    },
    repositories: (page) => inner.repositories(page),
    blobSize: (repository, digest) => inner.blobSize(repository, digest),
    openBlob(repository, digest) {
      const name = places.find(repository);
      return name ? blobs.open(repository, digest, name) : inner.openBlob(repository, digest);
    },
    mount: (repository, digest, from) => inner.mount(repository, digest, from),
    removeBlob: (repository, digest) => inner.removeBlob(repository, digest),
    ...(inner.repositorySize && {
      repositorySize: (repository: string) => inner.repositorySize?.(repository) ?? 0,
    }),
    startUpload: (repository, algorithm) => inner.startUpload(repository, algorithm),
    openUpload: (repository, id) => inner.openUpload(repository, id),
    uploadOffset: (repository, id) => inner.uploadOffset(repository, id),
    manifest(repository, reference) {
      const name = places.find(repository);
      return name
        ? manifests.get(repository, reference, name)
        : inner.manifest(repository, reference);
    },
    manifestBody: (repository, digest) => inner.manifestBody(repository, digest),
    putManifest: (repository, manifest) => inner.putManifest(repository, manifest),
    removeManifest: (repository, reference, by) => inner.removeManifest(repository, reference, by),
    pulled: (repository, digest) => inner.pulled?.(repository, digest),
    tags(repository, page) {
      const name = places.find(repository);
      return name ? lists.tags(repository, page, name) : inner.tags(repository, page);
    },
    ...(inner.history && {
      history: (repository: string, tag: string | undefined, limit: number) =>
        inner.history?.(repository, tag, limit) ?? [],
    }),
    probe: (readOnly) => inner.probe?.(readOnly),
    figures: () => inner.figures?.(),
    referrers(repository, subject, options) {
      const name = places.find(repository);
      return name
        ? lists.referrers(repository, subject, options, name)
        : inner.referrers(repository, subject, options);
    },
    [Symbol.asyncDispose]: end,
  };
}
