import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from '../../base/bytes.ts';
import { isErrno } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { isAttestation } from '../../image/attestation.ts';
import { sniff } from '../../layer/compression.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { parseIndex } from '../../oci/parse-manifest.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import { canonicalName, parseReference, withDefaultTag } from '../../oci/reference.ts';
import type { Connections } from '../../registry/connection.ts';
import { RegistrySource } from '../../registry/registry-source.ts';
import { openRepository } from '../../registry/repository.ts';
import type { Repository } from '../../registry/repository-types.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import { recordImage } from '../../store/record-event.ts';
import type { Lease, Store } from '../../store/store.ts';
import { writeAll } from '../../sys/write-all.ts';
import { ARCHIVE_LIMITS } from '../../transport/archive-names.ts';
import { rooted } from '../../transport/chosen-source.ts';
import { InvalidArchiveError } from '../../transport/errors.ts';
import { dockerSource, layoutSource, plainSource } from '../../transport/files-source.ts';
import { directoryFiles, type ImageFiles, tarFiles } from '../../transport/image-files.ts';
import { plain } from '../../transport/plain.ts';
import { storeSource } from '../../transport/store-source.ts';
import type { Source } from '../../transport/transport.ts';
import type { CopySource } from '../copy-types.ts';
import { findIn } from '../images/find.ts';
import { resumption } from '../resumption.ts';
import { admit } from '../trust/admit.ts';
import { pushable } from '../images/pushable.ts';
import { isHere, wholeIndex } from '../images/save.ts';

/** What opening a place may make use of. */
export interface CopyParts {
  readonly store: Store;
  readonly snapshotter: () => Promise<Snapshotter>;
  /** Holds what is read, and has room for what must lie in a file. */
  readonly lease: Lease;
  /** Closes what was opened, when all is done. */
  readonly open: DisposableStack;
}

/** A place that was opened. */
export interface OpenedSource {
  readonly source: Source;
  /** What the image is called there; canonical, with a tag. */
  readonly name?: string | undefined;
  /** Of a registry. */
  readonly repository?: Repository;
  /** Of a registry: asks the policy, and throws where it says no. */
  readonly admit?: (...digests: Digest[]) => Promise<void>;
  /** Of an index of the store: which children are here. */
  readonly select?: (child: Descriptor) => boolean;
  /** Platforms that its index speaks of, and that are not there. */
  readonly missing?: readonly string[];
}

/** What is asked of a source. */
export interface SourceWish {
  readonly connections: Connections | undefined;
  readonly platform: Platform | undefined;
  /** Of an index, the image that its name means without another word. */
  readonly single: boolean;
  /** Layers of our own making are to be compressed. */
  readonly packed: boolean;
}

const HEAD = 6;
const CHUNK = 1024 * 1024;

/** Opens the place that an image comes from. Nothing of its layers is read yet. */
export async function openSource(
  parts: CopyParts,
  from: CopySource,
  wish: SourceWish,
  call: CallOptions,
): Promise<OpenedSource> {
  switch (from.kind) {
    case 'registry': {
      if (!wish.connections) throw new Error('there is no way to a registry');
      const reference = withDefaultTag(parseReference(from.name));
      const repository = openRepository(wish.connections, reference, resumption(parts.store));
      const name = reference.tag === undefined ? undefined : canonicalName(reference);
      const { settings } = wish.connections;
      const admission = { settings, now: parts.store.clock.now() };
      return {
        source: new RegistrySource(repository),
        repository,
        name,
        admit: (...digests) => admit({ repository, reference, digests }, admission, call),
      };
    }
    case 'store':
      return inStore(parts, from.name, wish, call);
    case 'layout':
      return { source: await layoutSource(directoryFiles(from.path, from.path), from.tag) };
    case 'dir':
      return { source: await plainSource(directoryFiles(from.path, from.path)) };
    case 'archive': {
      const files = await archiveFiles(parts, from.from, call);
      const open = from.form === 'oci' ? layoutSource : dockerSource;
      return { source: await open(files, from.name) };
    }
    default:
      return from satisfies never;
  }
}

async function inStore(
  { store, snapshotter: opened, lease }: CopyParts,
  text: string,
  { platform, single, packed }: SourceWish,
  call: CallOptions,
): Promise<OpenedSource> {
  const snapshotter = await opened();
  const { by, ...found } = store.write((tables) => {
    const { image, index, by: how } = findIn(tables, text, platform);
    tables.images.use(image.id, store.clock.now().getTime());
    recordImage(tables, packed ? 'push' : 'save', image.id, store.clock.now().getTime());
    lease.hold('image', image.id);
    if (index) lease.holdIndex(index.digest);
    if (!platform && !single) return { image, index, by: how };
    const member = index?.members.find((one) => one.image === image.id);
    return { image: { ...image, manifest: member?.manifest ?? image.manifest }, by: how };
  });
  const name = 'name' in by && !by.name.includes('@') ? by.name : undefined;
  if (packed) {
    const made = await pushable({ store, snapshotter, lease }, found, call);
    return { source: rooted(made.source, made.root), name, missing: made.missing };
  }
  const whole = found.index && wholeIndex(store, found.index);
  const { mediaType, digest, size } = whole?.descriptor ?? found.image.manifest;
  const source = storeSource(store, snapshotter, { manifest: { mediaType, digest, size } }, text);
  if (!whole) return { source, name };
  const { manifests } = parseIndex(store.blobs.readSync(digest), mediaType);
  const gone = manifests.filter((one) => !isAttestation(one) && !isHere(store, one.digest));
  return {
    source,
    name,
    select: (child) => isHere(store, child.digest),
    missing: gone.map((one) => (one.platform ? formatPlatform(one.platform) : one.digest)),
  };
}

/** An archive that can be read at any place: as it is, or else plain in a file of ours. */
async function archiveFiles(
  parts: CopyParts,
  from: string | Bytes,
  call: CallOptions,
): Promise<ImageFiles> {
  if (typeof from !== 'string') return spooled(parts, from, 'the archive', call);
  const fd = openFile(from);
  parts.open.defer(() => closeSync(fd));
  const head = Buffer.alloc(HEAD);
  const length = readSync(fd, head, 0, HEAD, 0);
  if (sniff(head.subarray(0, length)) === 'none') return tarFiles(fd, from);
  return spooled(parts, contentOf(fd), from, call);
}

async function spooled(
  { lease, open }: CopyParts,
  bytes: Bytes,
  label: string,
  { signal }: CallOptions,
): Promise<ImageFiles> {
  const fd = openSync(join(lease.directory, 'archive'), 'wx+', 0o600);
  open.defer(() => closeSync(fd));
  for await (const chunk of await plain(bytes, ARCHIVE_LIMITS)) {
    signal?.throwIfAborted();
    writeAll(fd, chunk);
  }
  return tarFiles(fd, label);
}

async function* contentOf(fd: number): Bytes {
  for (let at = 0; ;) {
    const chunk = Buffer.allocUnsafeSlow(CHUNK);
    const count = readSync(fd, chunk, 0, CHUNK, at);
    if (count === 0) return;
    at += count;
    yield chunk.subarray(0, count);
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP')) throw error;
    const reason = isErrno(error, 'ENOENT') ? 'there is no such file' : String(error);
    throw new InvalidArchiveError(`cannot read ${path}: ${reason}`, { cause: error });
  }
}
