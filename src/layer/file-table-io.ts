import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { parseDigest, type Digest } from '../oci/digest.ts';
import { DamagedTableError } from './errors.ts';
import type { LayerFile } from './file-table.ts';

/*
 * A version byte, then rows, each after its length (32 bits; all numbers are little-endian):
 *
 *     type 8, parts 8, mode 16, uid 32, gid 32, size 64, mtime seconds 64 and nanoseconds 32,
 *     path; then what `parts` names, in the order of its bits: digest, link target,
 *     device (major 32, minor 32), digest of attributes
 *
 * Byte strings come after their length (32 bits), digests as their raw bytes (the length tells
 * SHA-256 from SHA-512). A length of 0 and the number of rows (64 bits) end the table: one that
 * was cut off is not taken for a short one.
 */
const VERSION = 1;
const TYPES = [
  'file',
  'directory',
  'symlink',
  'hardlink',
  'char',
  'block',
  'fifo',
  'whiteout',
  'opaque',
] as const satisfies readonly LayerFile['type'][];
const TYPE_NUMBER = new Map<LayerFile['type'], number>(TYPES.map((type, index) => [type, index]));
const HAS_DIGEST = 1;
const HAS_LINK = 2;
const HAS_DEVICE = 4;
const HAS_XATTRS = 8;
/** Bytes of a row without its names and its length. */
const FIXED = 32;
const CHUNK = 256 * 1024;
/** Path and link target are bounded far below this wherever they come from. */
const MAX_ROW = 1024 * 1024;
const NANOSECONDS = 1_000_000_000n;

/** Writes a layer's file table, row by row. Leaving the scope without `close` leaves it unfinished. */
export class FileTableWriter implements Disposable {
  readonly #file: number;
  /** Most layers are small, and a large buffer is dear to make. */
  #buffer = Buffer.allocUnsafeSlow(CHUNK / 64);
  #at = 0;
  #rows = 0;
  #open = true;

  /** Makes or empties the file at `path`. Throws system errors. */
  constructor(path: string) {
    this.#file = openSync(path, 'w', 0o600);
    this.#buffer[this.#at++] = VERSION;
  }

  add(row: LayerFile): void {
    const most = FIXED + 256 + row.path.length + (row.linkTarget?.length ?? 0);
    if (most > MAX_ROW) throw new RangeError('a row of a file table is too long');
    if (this.#buffer.length - this.#at < most) this.#makeRoom(most);
    this.#at = putRow(this.#buffer, this.#at, row);
    this.#rows += 1;
  }

  /** Ends the table and closes the file. Does not sync it. */
  close(): void {
    if (!this.#open) return;
    this.#flush(16);
    this.#at = this.#buffer.writeUInt32LE(0, this.#at);
    this.#at = this.#buffer.writeBigUInt64LE(BigInt(this.#rows), this.#at);
    this.#flush(0);
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#file);
  }

  #makeRoom(need: number): void {
    if (this.#buffer.length >= CHUNK) return this.#flush(need);
    const larger = Buffer.allocUnsafeSlow(Math.max(need + this.#at, this.#buffer.length * 8));
    larger.set(this.#buffer.subarray(0, this.#at));
    this.#buffer = larger;
  }

  #flush(need: number): void {
    for (let done = 0; done < this.#at;) {
      done += writeSync(this.#file, this.#buffer, done, this.#at - done);
    }
    this.#at = 0;
    if (need > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(need);
  }
}

function putRow(out: Buffer, start: number, row: LayerFile): number {
  let seconds = row.mtime / NANOSECONDS;
  let nanoseconds = row.mtime - seconds * NANOSECONDS;
  if (nanoseconds < 0n) {
    seconds -= 1n;
    nanoseconds += NANOSECONDS;
  }
  const parts =
    (row.digest === undefined ? 0 : HAS_DIGEST) |
    (row.linkTarget === undefined ? 0 : HAS_LINK) |
    (row.device === undefined ? 0 : HAS_DEVICE) |
    (row.xattrs === undefined ? 0 : HAS_XATTRS);
  let at = start + 4;
  at = out.writeUInt8(TYPE_NUMBER.get(row.type)!, at);
  at = out.writeUInt8(parts, at);
  at = out.writeUInt16LE(row.mode, at);
  at = out.writeUInt32LE(row.uid, at);
  at = out.writeUInt32LE(row.gid, at);
  at = out.writeUInt32LE(row.size % 2 ** 32, at);
  at = out.writeUInt32LE(Math.floor(row.size / 2 ** 32), at);
  at = out.writeBigInt64LE(seconds, at);
  at = out.writeUInt32LE(Number(nanoseconds), at);
  at = putBytes(out, at, row.path);
  if (row.digest !== undefined) at = putDigest(out, at, row.digest);
  if (row.linkTarget !== undefined) at = putBytes(out, at, row.linkTarget);
  if (row.device !== undefined) {
    at = out.writeUInt32LE(row.device.major, at);
    at = out.writeUInt32LE(row.device.minor, at);
  }
  if (row.xattrs !== undefined) at = putDigest(out, at, row.xattrs);
  out.writeUInt32LE(at - start - 4, start);
  return at;
}

function putBytes(out: Buffer, at: number, bytes: Uint8Array): number {
  out.writeUInt32LE(bytes.length, at);
  out.set(bytes, at + 4);
  return at + 4 + bytes.length;
}

function putDigest(out: Buffer, at: number, digest: Digest): number {
  const colon = digest.indexOf(':') + 1;
  const length = (digest.length - colon) / 2;
  out.writeUInt32LE(length, at);
  out.write(digest.slice(colon), at + 4, 'hex');
  return at + 4 + length;
}

/**
 * The rows of a file table in the order in which they were added. Memory does not depend on
 * the table. Throws DamagedTableError when it is not whole, and system errors.
 */
export function* readFileTable(path: string): Generator<LayerFile, void> {
  const file = openSync(path, 'r');
  try {
    const reader = new TableReader(file, path);
    if (reader.bytes(1)[0] !== VERSION) throw new DamagedTableError(path);
    for (let rows = 0n; ; rows += 1n) {
      const length = reader.bytes(4).readUInt32LE();
      if (length === 0) {
        if (reader.bytes(8).readBigUInt64LE() === rows && reader.atEnd()) return;
        throw new DamagedTableError(path);
      }
      if (length > MAX_ROW) throw new DamagedTableError(path);
      yield rowOf(reader.bytes(length), path);
    }
  } finally {
    closeSync(file);
  }
}

/** Hands out a file's bytes in order, out of chunks that are never written to again. */
class TableReader {
  readonly #file: number;
  readonly #path: string;
  #chunk = Buffer.alloc(0);
  #at = 0;

  constructor(file: number, path: string) {
    this.#file = file;
    this.#path = path;
  }

  bytes(count: number): Buffer {
    if (this.#chunk.length - this.#at < count) this.#fill(count);
    if (this.#chunk.length - this.#at < count) throw new DamagedTableError(this.#path);
    this.#at += count;
    return this.#chunk.subarray(this.#at - count, this.#at);
  }

  atEnd(): boolean {
    if (this.#at === this.#chunk.length) this.#fill(1);
    return this.#at === this.#chunk.length;
  }

  #fill(count: number): void {
    const rest = this.#chunk.subarray(this.#at);
    const next = Buffer.allocUnsafeSlow(Math.max(CHUNK, count));
    rest.copy(next);
    let have = rest.length;
    while (have < count) {
      const read = readSync(this.#file, next, have, next.length - have, null);
      if (read === 0) break;
      have += read;
    }
    this.#chunk = next.subarray(0, have);
    this.#at = 0;
  }
}

function rowOf(data: Buffer, path: string): LayerFile {
  try {
    return parseRow(data);
  } catch (error) {
    // Offsets outside of the row, and texts that are no digests.
    if (error instanceof RangeError || error instanceof TypeError) {
      throw new DamagedTableError(path);
    }
    throw error;
  }
}

function parseRow(data: Buffer): LayerFile {
  const type = TYPES[data.readUInt8(0)];
  if (type === undefined) throw new RangeError('no such type');
  const parts = data.readUInt8(1);
  let at = FIXED;
  const bytes = (): Buffer => {
    const length = data.readUInt32LE(at);
    at += 4 + length;
    if (at > data.length) throw new RangeError('beyond the row');
    // A copy: a row that somebody keeps does not keep the whole chunk.
    return Buffer.from(data.subarray(at - length, at));
  };
  const path = bytes();
  const digest = (parts & HAS_DIGEST) === 0 ? undefined : digestFrom(bytes());
  const linkTarget = (parts & HAS_LINK) === 0 ? undefined : bytes();
  let device: LayerFile['device'];
  if ((parts & HAS_DEVICE) !== 0) {
    device = { major: data.readUInt32LE(at), minor: data.readUInt32LE(at + 4) };
    at += 8;
  }
  const xattrs = (parts & HAS_XATTRS) === 0 ? undefined : digestFrom(bytes());
  if (at !== data.length) throw new RangeError('a row does not end where it should');
  return {
    path,
    type,
    mode: data.readUInt16LE(2),
    uid: data.readUInt32LE(4),
    gid: data.readUInt32LE(8),
    size: data.readUInt32LE(12) + data.readUInt32LE(16) * 2 ** 32,
    mtime: data.readBigInt64LE(20) * NANOSECONDS + BigInt(data.readUInt32LE(28)),
    ...(digest !== undefined && { digest }),
    ...(linkTarget !== undefined && { linkTarget }),
    ...(device !== undefined && { device }),
    ...(xattrs !== undefined && { xattrs }),
  };
}

function digestFrom(raw: Buffer): Digest {
  return parseDigest(`${raw.length === 64 ? 'sha512' : 'sha256'}:${raw.toString('hex')}`);
}
