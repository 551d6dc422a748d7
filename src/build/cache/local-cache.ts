import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Bytes } from '../../base/bytes.ts';
import { InvalidInputError, isErrno } from '../../base/errors.ts';
import { breather } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';
import { Fields, parseJson } from '../../oci/json.ts';
import { DESCRIPTOR_COUNT_LIMIT, DOCUMENT_LIMIT } from '../../oci/limits.ts';
import { MediaType } from '../../oci/media-types.ts';
import type { Index } from '../../oci/manifest.ts';
import { parseDescriptor, parseIndex } from '../../oci/parse-manifest.ts';
import { encodeManifest } from '../../oci/write-json.ts';
import { verified } from '../../oci/verified.ts';
import { writeAll } from '../../sys/write-all.ts';
import { isParent } from '../../transport/children.ts';
import type { Destination } from '../../transport/transport.ts';
import { readInput } from '../read-file.ts';
import type { CacheSource } from './remote.ts';
import { namesIn } from '../../sys/names-in.ts';
import { makeDirectories } from '../../sys/make-directories.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const CHUNK = 1024 * 1024;
const REF_NAME = 'org.opencontainers.image.ref.name';
const LAYOUT = '{"imageLayoutVersion":"1.0.0"}';
const BLOB_NAME = /^[0-9a-f]{64}(?:[0-9a-f]{64})?$/;

/**
 * A cache in a directory: an OCI layout, as other builders write it for `type=local`. The
 * manifest is the one with the digest, else the one with the tag. Throws InvalidInputError
 * when there is none.
 */
export function localCache(
  directory: string,
  which: { readonly tag: string; readonly digest?: Digest },
): CacheSource {
  return {
    label: directory,
    root() {
      const entries = indexOf(directory)?.manifests;
      if (!entries) throw new InvalidInputError(`${directory} holds no cache`);
      const { digest, tag } = which;
      const found =
        digest === undefined
          ? entries.find((one) => one.annotations?.[REF_NAME] === tag)
          : (entries.find((one) => one.digest === digest) ?? loose(directory, digest));
      if (!found) throw new InvalidInputError(`${directory} holds no cache '${digest ?? tag}'`);
      return Promise.resolve(found);
    },
    has: (blob) => sizeOf(directory, blob.digest) === blob.size,
    fetch: (blob, call) => Promise.resolve(read(directory, blob.digest, call)),
  };
}

/**
 * A directory that a cache is written to, under a tag. Other tags stay; with `reset` the
 * blobs that no tag needs any more are removed at the end.
 */
export function localCacheTarget(
  directory: string,
  options: { readonly tag: string; readonly reset: boolean },
): Destination {
  for (const path of [directory, join(directory, 'blobs'), join(directory, 'blobs/sha256')]) {
    makeDirectories(path);
    // A link here could lead what is written anywhere.
    if (path !== directory && !lstatSync(path).isDirectory()) {
      throw new InvalidInputError(`${path} is not a directory`);
    }
  }
  return {
    label: directory,
    has: (node) => Promise.resolve(sizeOf(directory, node.digest) === node.size),
    put: (node, body, call) => write(directory, node, body, call),
    commit(root) {
      const tagged = { ...root, annotations: { [REF_NAME]: options.tag } };
      const others = (options.reset ? [] : (indexOf(directory)?.manifests ?? [])).filter(
        (one) => one.annotations?.[REF_NAME] !== options.tag,
      );
      const manifests = [...others, tagged];
      const index: Index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests };
      replace(join(directory, 'oci-layout'), Buffer.from(LAYOUT));
      replace(join(directory, 'index.json'), encodeManifest(index));
      if (options.reset) removeUnneeded(directory, root.digest);
      return Promise.resolve();
    },
  };
}

function indexOf(directory: string): Index | undefined {
  const data = readInput(join(directory, 'index.json'), DOCUMENT_LIMIT);
  return data && parseIndex(data);
}

/** A manifest that no tag names any more, but that is still there. */
function loose(directory: string, digest: Digest): Descriptor | undefined {
  const size = sizeOf(directory, digest);
  return size === undefined ? undefined : { mediaType: MediaType.ociManifest, digest, size };
}

function pathOf(directory: string, digest: Digest): string {
  return join(directory, 'blobs', digest.replace(':', '/'));
}

function sizeOf(directory: string, digest: Digest): number | undefined {
  const stat = lstatSync(pathOf(directory, digest), { throwIfNoEntry: false });
  return stat?.isFile() === true ? stat.size : undefined;
}

/** A blob's bytes, unverified. */
async function* read(directory: string, digest: Digest, call: CallOptions = {}): Bytes {
  const fd = openBlob(directory, digest);
  const breathe = breather();
  try {
    if (!fstatSync(fd).isFile()) throw new InvalidInputError(`${digest} is not a file`);
    for (;;) {
      call.signal?.throwIfAborted();
      const chunk = Buffer.allocUnsafe(CHUNK);
      const count = readSync(fd, chunk);
      if (count === 0) return;
      yield chunk.subarray(0, count);
      await breathe();
    }
  } finally {
    closeSync(fd);
  }
}

function openBlob(directory: string, digest: Digest): number {
  try {
    return openSync(pathOf(directory, digest), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ELOOP', 'ENXIO')) throw error;
    throw new InvalidInputError(`the cache in ${directory} lacks ${digest}`, { cause: error });
  }
}

/** A blob gets its name when it is whole and what it was said to be. */
async function write(
  directory: string,
  node: Descriptor,
  body: Bytes,
  call: CallOptions = {},
): Promise<void> {
  const path = pathOf(directory, node.digest);
  const partial = `${path}.${randomBytes(6).toString('hex')}`;
  const fd = openSync(partial, O_WRONLY | O_CREAT | O_EXCL, 0o644);
  const breathe = breather();
  try {
    for await (const chunk of verified(body, node, 'the build')) {
      call.signal?.throwIfAborted();
      writeAll(fd, chunk);
      await breathe();
    }
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

function replace(path: string, data: Uint8Array): void {
  const partial = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(partial, data, { flag: 'wx' });
  renameSync(partial, path);
}

/** Removes every blob that neither the manifest nor those below it name. */
function removeUnneeded(directory: string, root: Digest): void {
  const needed = new Set<string>();
  const need = (digest: Digest, isParentNode: boolean): void => {
    if (needed.has(digest)) return;
    needed.add(digest);
    const data = isParentNode ? readInput(pathOf(directory, digest), DOCUMENT_LIMIT) : undefined;
    if (!data) return;
    const fields = new Fields(parseJson(data, DOCUMENT_LIMIT, 'the manifest'), 'the manifest');
    const config = fields.optionalFields('config')?.json;
    for (const one of [
      ...(config ? [config] : []),
      ...(fields.optionalList('layers', DESCRIPTOR_COUNT_LIMIT) ?? []),
      ...(fields.optionalList('manifests', DESCRIPTOR_COUNT_LIMIT) ?? []),
    ]) {
      const node = parseDescriptor(one, 'a part of the cache');
      need(node.digest, isParent(node));
    }
  };
  need(root, true);
  for (const algorithm of ['sha256', 'sha512']) {
    for (const name of namesIn(join(directory, 'blobs', algorithm))) {
      const digest = `${algorithm}:${name}`;
      if (!BLOB_NAME.test(name) || !isDigest(digest) || needed.has(digest)) continue;
      rmSync(pathOf(directory, digest), { force: true });
    }
  }
}
