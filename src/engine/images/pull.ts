import { InvalidInputError, StaveError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import type { Digest } from '../../oci/digest.ts';
import {
  formatPlatform,
  hostPlatform,
  matchesPlatform,
  type Platform,
} from '../../oci/platform.ts';
import {
  canonicalName,
  familiar,
  familiarRepository,
  formatReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from '../../oci/reference.ts';
import type { Connections } from '../../registry/connection.ts';
import type { RemoteManifest } from '../../registry/manifests.ts';
import { RegistrySource } from '../../registry/registry-source.ts';
import { digestName, openRepository, type Repository } from '../../registry/repository.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import { recordImage } from '../../store/record-event.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow } from '../../store/tables.ts';
import { copy } from '../../transport/copy.ts';
import { LayerIntake } from '../../transport/layer-intake.ts';
import { StoreDestination } from '../../transport/store-destination.ts';
import type { Pulled, PullRequest } from '../engine.ts';
import { remoteImage } from '../remote-image.ts';
import { resumption } from '../resumption.ts';
import { admit } from '../trust/admit.ts';
import { isForLinux } from './for-linux.ts';
import { layerProgress } from './layer-progress.ts';
import { isWholeHere, remoteIndex } from './pull-index.ts';

/** What pulling works with. */
export interface PullParts {
  readonly store: Store;
  readonly snapshotter: () => Promise<Snapshotter>;
  readonly connections: () => Promise<Connections>;
}

/** Layers that move at the same time. */
const PARALLEL = 4;

/**
 * Brings an image, or all tags of a repository, from a registry into the store, and unpacks it
 * while it arrives. What a failure of the network leaves of a layer is continued next time.
 *
 * Throws InvalidReferenceError, RemoteNotFoundError, RegistryAccessError, RegistryError, NetError,
 * UntrustedError.
 */
export async function pullImages(
  parts: PullParts,
  request: PullRequest,
  call: CallOptions = {},
): Promise<Pulled> {
  const reference = parseReference(request.name);
  if (familiarRepository(reference) === 'scratch') {
    throw new InvalidInputError("'scratch' is a reserved name");
  }
  if (/^sha256:[0-9a-f]{64}$/.test(request.name)) {
    throw new InvalidInputError(`${request.name} is the ID of an image, which no registry knows`, {
      hint: 'Give a name: NAME[:TAG], or NAME@DIGEST.',
    });
  }
  if (request.all !== true) return pullOne(parts, withDefaultTag(reference), request, call);
  if (reference.tag !== undefined || reference.digest !== undefined) {
    throw new InvalidInputError("tag can't be used with --all-tags/-a");
  }
  const repository = openRepository(await parts.connections(), reference);
  const tags = await Array.fromAsync(repository.tags(call));
  let last: Pulled | undefined;
  let isNew = false;
  for (const tag of tags) {
    last = await pullOne(parts, { ...reference, tag }, request, call);
    isNew ||= last.isNew;
  }
  if (!last) throw new InvalidInputError(`${repository.label} has no tags`);
  return { ...last, isNew, name: familiar(reference), fullName: formatReference(reference) };
}

async function pullOne(
  parts: PullParts,
  reference: Reference,
  request: PullRequest,
  call: CallOptions,
): Promise<Pulled> {
  const { store } = parts;
  const connections = await parts.connections();
  const repository = openRepository(connections, reference, resumption(store));
  const wanted = request.platform ?? hostPlatform(process.arch);
  const here = named(store, reference);
  const admission = {
    settings: connections.settings,
    now: store.clock.now(),
    ...(request.requireSignature && { required: request.requireSignature }),
  };
  const check = (...digests: Digest[]): Promise<void> =>
    admit({ repository, reference, digests }, admission, call);
  const result = (image: ImageRow, digest: Digest, isNew: boolean): Pulled => ({
    id: image.id,
    digest,
    isNew,
    name: familiar(reference),
    fullName: formatReference(reference),
    ...mismatch(reference, image, request.platform),
  });
  if (here && (request.platform === undefined || matchesPlatform(wanted, here.platform))) {
    // The same digest under the same name: nothing has to be read.
    const { digest } = await repository.resolve(undefined, call);
    const isAll = request.allPlatforms !== true || isWholeHere(store, reference, digest);
    if (isAll && digestNamed(store, reference, digest)?.id === here.id) {
      await check(digest, here.manifest.digest);
      using task = begin(reference, call);
      task.note(`Digest: ${digest}`);
      task.outcome = 'exists';
      store.note((tables) => {
        const now = store.clock.now().getTime();
        tables.images.use(here.id, now);
        recordImage(tables, 'pull', here.id, now, canonicalName(reference));
      });
      return result(here, digest, false);
    }
  }
  const index =
    request.allPlatforms === true ? await remoteIndex(repository, reference, call) : undefined;
  const remote = index ?? (await remoteImage(repository, wanted, call));
  await check(remote.root, remote.manifest.descriptor.digest);
  using task = begin(reference, call);
  const image = await fetched(parts, repository, reference, remote, {
    ...call,
    progress: layerProgress(call.progress, task.id),
  });
  task.note(`Digest: ${remote.root}`);
  task.outcome = 'done';
  return result(image, remote.root, index !== undefined || here?.id !== image.id);
}

async function fetched(
  parts: PullParts,
  repository: Repository,
  reference: Reference,
  remote: { readonly root: Digest; readonly manifest: RemoteManifest },
  call: CallOptions,
): Promise<ImageRow> {
  const { store } = parts;
  const snapshotter = await parts.snapshotter();
  try {
    using lease = store.lease('pull');
    const intake = new LayerIntake(store, snapshotter, lease, { resumable: true });
    const names = [...new Set([canonicalName(reference), digestName(reference, remote.root)])];
    const { mirror } = remote.manifest;
    const parcel = { store, snapshotter, intake, lease, action: 'pull', mirror } as const;
    const to = new StoreDestination(parcel, names);
    const from = new RegistrySource(repository, remote.manifest);
    await copy(from, to, { ...call, concurrency: PARALLEL, select: isForLinux });
  } catch (error) {
    // Layers that came whole before the network failed are there when it is tried again.
    if (error instanceof StaveError && error.code !== 'NETWORK') await store.collect();
    throw error;
  }
  const image = named(store, reference);
  if (!image) throw new Error(`${formatReference(reference)} was removed while it was pulled`);
  return image;
}

function begin(
  reference: Reference,
  call: CallOptions,
): ReturnType<ReturnType<typeof reporter>['begin']> {
  const { tag, digest, repository } = reference;
  const from =
    digest === undefined
      ? `${tag}: Pulling from ${repository}`
      : `${formatReference(reference)}: Pulling from ${repository}`;
  return reporter(call.progress).begin(from, { kind: 'step' });
}

function named(store: Store, reference: Reference): ImageRow | undefined {
  return store.read(({ images }) => {
    const row = images.named(canonicalName(reference));
    return row && images.get(row.image);
  });
}

function digestNamed(store: Store, reference: Reference, digest: Digest): ImageRow | undefined {
  return named(store, { ...reference, digest });
}

/** What Docker warns of where a registry has one platform only, and another was asked for. */
function mismatch(
  reference: Reference,
  image: ImageRow,
  wanted: Platform | undefined,
): { readonly warning?: string } {
  if (!wanted || matchesPlatform(wanted, image.platform)) return {};
  return {
    warning:
      `image with reference ${familiar(reference)} was found but its platform ` +
      `(${formatPlatform(image.platform)}) does not match the specified platform (${formatPlatform(wanted)})`,
  };
}
