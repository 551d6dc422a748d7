import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type Bytes, collect } from '../base/bytes.ts';
import { isErrno } from '../base/errors.ts';
import { shownName } from '../layer/errors.ts';
import { readTar } from '../layer/tar-reader.ts';
import { looksLikeTar } from '../layer/tar-sniff.ts';
import { DOCUMENT_LIMIT } from '../oci/limits.ts';
import { ARCHIVE_LIMITS, inside, memberName, parentOf } from './archive-names.ts';
import { InvalidArchiveError } from './errors.ts';
import { notATar } from './not-an-archive.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
const CHUNK = 1024 * 1024;
const BLOCK = 512;
const LINK_LIMIT = 20;
/** All names that an archive may hold, in bytes. */
const NAMES_LIMIT = 64 * 1024 * 1024;

/** The files that images lie in, by name and in any order: of a directory, or of a tar archive. */
export interface ImageFiles {
  /** For people. */
  readonly label: string;
  /** Bytes of a regular file; undefined where there is none of that name. */
  size(name: string): number | undefined;
  /** What it holds. Throws InvalidArchiveError where there is none. */
  open(name: string): Bytes;
}

/** A document; undefined where there is none. Throws InvalidArchiveError for what is too large to be one. */
export async function readDocument(files: ImageFiles, name: string): Promise<Buffer | undefined> {
  const size = files.size(name);
  if (size === undefined) return undefined;
  if (size > DOCUMENT_LIMIT) {
    throw new InvalidArchiveError(
      `${name} in ${files.label} is larger than ${DOCUMENT_LIMIT} bytes`,
    );
  }
  return collect(files.open(name), DOCUMENT_LIMIT);
}

/** The files of a directory; links are not followed. */
export function directoryFiles(path: string, label: string): ImageFiles {
  const opened = (name: string): { readonly fd: number; readonly size: number } | undefined => {
    const fd = openRegular(`${path}/${name}`);
    if (fd === undefined) return undefined;
    const stat = fstatSync(fd);
    if (stat.isFile()) return { fd, size: stat.size };
    closeSync(fd);
    return undefined;
  };
  return {
    label,
    size(name) {
      const found = opened(name);
      if (found) closeSync(found.fd);
      return found?.size;
    },
    async *open(name) {
      const found = opened(name);
      if (!found) throw missing(name, label);
      try {
        yield* slice(found.fd, 0, found.size, name);
      } finally {
        closeSync(found.fd);
      }
    },
  };
}

/**
 * The files of a plain tar that is open and can be read at any place; links are followed inside of it only.
 * Throws InvalidArchiveError for what is no tar.
 */
export async function tarFiles(fd: number, label: string): Promise<ImageFiles> {
  const places = new Map<string, { readonly at: number; readonly size: number }>();
  const links = new Map<string, string>();
  const head = Buffer.alloc(BLOCK);
  const length = readSync(fd, head, 0, BLOCK, 0);
  if (!looksLikeTar(head.subarray(0, length))) throw notATar(head.subarray(0, length));
  let at = 0;
  let names = 0;
  async function* headers(): Bytes {
    for (;;) {
      const block = Buffer.allocUnsafe(BLOCK);
      const count = readSync(fd, block, 0, BLOCK, at);
      if (count === 0) return;
      at += count;
      yield block.subarray(0, count);
    }
  }
  // Each header is a chunk of its own, so what follows it begins where reading has got to.
  const skip = (count: number): boolean => {
    at += count;
    return true;
  };
  for await (const { entry } of readTar(headers(), ARCHIVE_LIMITS, skip)) {
    const name = memberName(entry.path);
    names += name.length + (entry.linkTarget?.length ?? 0);
    if (names > NAMES_LIMIT) {
      throw new InvalidArchiveError(`${label} holds more than ${NAMES_LIMIT} bytes of names`);
    }
    if (entry.type === 'file') {
      places.set(name, { at, size: entry.size });
      links.delete(name);
    } else if (entry.type === 'symlink' || entry.type === 'hardlink') {
      const from = entry.type === 'symlink' ? parentOf(name) : '';
      const target = inside(from, Buffer.from(entry.linkTarget ?? []).toString());
      if (target !== undefined) links.set(name, target);
    }
  }
  const find = (name: string): { readonly at: number; readonly size: number } | undefined => {
    let path = name;
    for (let hops = 0; hops < LINK_LIMIT; hops += 1) {
      const place = places.get(path);
      if (place) return place;
      const next = links.get(path);
      if (next === undefined) return undefined;
      path = next;
    }
    return undefined;
  };
  return {
    label,
    size: (name) => find(name)?.size,
    async *open(name) {
      const place = find(name);
      if (!place) throw missing(name, label);
      yield* slice(fd, place.at, place.size, name);
    },
  };
}

/** Opens a regular file; undefined where there is none. */
export function openRegular(path: string): number | undefined {
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ELOOP', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Chunks may be kept. */
function* slice(fd: number, start: number, size: number, name: string): Generator<Buffer, void> {
  for (let done = 0; done < size;) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, size - done));
    const count = readSync(fd, chunk, 0, chunk.length, start + done);
    if (count === 0) throw new InvalidArchiveError(`${shown(name)} ends too early`);
    done += count;
    yield chunk.subarray(0, count);
  }
}

function missing(name: string, label: string): InvalidArchiveError {
  return new InvalidArchiveError(`${shown(name)} is not in ${label}`);
}

function shown(name: string): string {
  return shownName(Buffer.from(name));
}
