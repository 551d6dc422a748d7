import { closeSync, fstatSync, readSync } from 'node:fs';
import type { Bytes } from '../../base/bytes.ts';
import { encodeHeader, padding, TRAILER } from '../../layer/tar-writer.ts';
import { digestOf } from '../../oci/digest.ts';
import { DOCUMENT_LIMIT } from '../../oci/limits.ts';
import { MediaType } from '../../oci/media-types.ts';
import { parseManifestOrIndex } from '../../oci/parse-manifest.ts';
import { namesIn } from '../../sys/names-in.ts';
import { InvalidArchiveError } from '../../transport/errors.ts';
import { openRegular } from '../../transport/image-files.ts';

const CHUNK = 1024 * 1024;
const BLOB_NAME = /^[0-9a-f]{64}(?:[0-9a-f]{64})?$/;

/**
 * Images that lie unpacked in a directory, as the archive that they would be: an OCI layout, a
 * Docker archive, or the `dir:` form of other tools. Only their own files are looked at, and
 * links are not followed. Throws InvalidArchiveError when it is none.
 */
export async function* layoutDirectory(path: string): Bytes {
  const names = namesIn(path, 'ENOTDIR');
  if (names.includes('index.json') || names.includes('manifest.json')) {
    const isDir = !names.includes('index.json') && names.includes('version');
    yield* isDir ? plainDirectory(path, names) : layout(path, names);
    yield TRAILER;
    return;
  }
  throw noImages(path, names);
}

function* layout(path: string, names: readonly string[]): Generator<Uint8Array, void> {
  for (const name of ['oci-layout', 'index.json', 'manifest.json', 'repositories']) {
    yield* file(path, name);
  }
  for (const algorithm of ['sha256', 'sha512']) {
    for (const blob of namesIn(`${path}/blobs/${algorithm}`, 'ENOTDIR').sort()) {
      if (BLOB_NAME.test(blob)) yield* file(path, `blobs/${algorithm}/${blob}`);
    }
  }
  if (names.includes('index.json')) return;
  // An unpacked archive of older programs: `<hex>.json`, `<hex>/layer.tar`, `<hex>.tar`.
  for (const name of names.filter((one) => /^[0-9a-f]{64}(?:\.json|\.tar)?$/.test(one)).sort()) {
    if (/\.(?:json|tar)$/.test(name)) yield* file(path, name);
    else for (const part of ['json', 'layer.tar']) yield* file(path, `${name}/${part}`);
  }
}

/** One image: `manifest.json` is its manifest, the blobs lie beside it under their bare digits. */
function* plainDirectory(path: string, names: readonly string[]): Generator<Uint8Array, void> {
  const manifest = [...contentOf(path, 'manifest.json', DOCUMENT_LIMIT)];
  const data = Buffer.concat(manifest);
  const parsed = parseManifestOrIndex(data);
  const digest = digestOf(data);
  const body = parsed.kind === 'manifest' ? parsed.manifest : parsed.index;
  const mediaType = body.mediaType ?? MediaType.ociManifest;
  const index = { schemaVersion: 2, manifests: [{ mediaType, digest, size: data.length }] };
  yield* entry('index.json', Buffer.from(JSON.stringify(index)));
  yield* entry(`blobs/${digest.replace(':', '/')}`, data);
  for (const name of [...names].sort()) {
    // Of an index, the manifests have a name that says so.
    const hex = name.replace(/\.manifest\.json$/, '');
    if (!BLOB_NAME.test(hex)) continue;
    yield* file(path, name, `blobs/${hex.length > 64 ? 'sha512' : 'sha256'}/${hex}`);
  }
}

function noImages(path: string, names: readonly string[]): InvalidArchiveError {
  if (names.length === 0) return new InvalidArchiveError(`the directory ${path} is empty`);
  if (names.includes('Dockerfile') || names.includes('Containerfile')) {
    return new InvalidArchiveError(`the directory ${path} is a build context, not an image`, {
      hint: `To build it: stave build ${path}`,
    });
  }
  if (['bin', 'etc', 'usr'].filter((name) => names.includes(name)).length > 1) {
    return new InvalidArchiveError(`the directory ${path} is a file system, not an image`, {
      hint: `To make an image of it: tar -C ${path} -c . | stave import -`,
    });
  }
  return new InvalidArchiveError(
    `the directory ${path} holds no image: neither index.json nor manifest.json is in it`,
  );
}

function* entry(name: string, data: Uint8Array): Generator<Uint8Array, void> {
  yield headerOf(name, data.length);
  yield data;
  yield padding(data.length);
}

/** A file as a tar entry; nothing when there is no regular file of that name. */
function* file(directory: string, name: string, as = name): Generator<Uint8Array, void> {
  let isFirst = true;
  let size = 0;
  for (const chunk of contentOf(directory, name, Infinity, (length) => (size = length))) {
    if (isFirst) yield headerOf(as, size);
    isFirst = false;
    yield chunk;
  }
  if (!isFirst) yield padding(size);
}

/** What a regular file holds, in one piece at least; nothing where there is none. */
function* contentOf(
  directory: string,
  name: string,
  limit: number,
  tellSize: (size: number) => void = () => {},
): Generator<Uint8Array, void> {
  const fd = openRegular(`${directory}/${name}`);
  if (fd === undefined) return;
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return;
    const { size } = stat;
    if (size > limit) throw new InvalidArchiveError(`${name} is larger than ${limit} bytes`);
    tellSize(size);
    if (size === 0) yield Buffer.alloc(0);
    for (let at = 0; at < size;) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size - at));
      const count = readSync(fd, chunk, 0, chunk.length, at);
      if (count === 0) {
        throw new InvalidArchiveError(`${name} became shorter while it was read`);
      }
      at += count;
      yield chunk.subarray(0, count);
    }
  } finally {
    closeSync(fd);
  }
}

function headerOf(name: string, size: number): Buffer {
  const rest = { mode: 0o644, uid: 0, gid: 0, mtime: 0n, xattrs: new Map<string, Buffer>() };
  return encodeHeader({ path: Buffer.from(name), type: 'file', size, ...rest });
}
