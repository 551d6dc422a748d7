import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../base/errors.ts';
import { readInput } from '../read-file.ts';

/** Bytes of an object that is looked at: commits are small. */
const OBJECT_LIMIT = 1024 * 1024;
const PACKS = 1000;
/** How often an object may be the difference to another. */
const DELTAS = 64;

const COMMIT = 1;
const OFFSET_DELTA = 6;
const REFERENCE_DELTA = 7;

/**
 * The body of a commit, from a repository's objects on the disk; undefined when it is not there
 * or is no commit. Nothing is run, and nothing is read but the objects that lead to it.
 *
 * @see https://git-scm.com/docs/gitformat-pack
 */
export function readCommit(objects: string, id: string): Buffer | undefined {
  return loose(objects, id) ?? packed(objects, id);
}

function loose(objects: string, id: string): Buffer | undefined {
  const file = readInput(join(objects, id.slice(0, 2), id.slice(2)), OBJECT_LIMIT);
  if (!file) return undefined;
  const object = inflated(file);
  const end = object.indexOf(0);
  return object.toString('latin1', 0, 7) === 'commit ' && end > 0
    ? object.subarray(end + 1)
    : undefined;
}

function packed(objects: string, id: string): Buffer | undefined {
  for (const name of indexes(join(objects, 'pack'))) {
    const base = join(objects, 'pack', name.slice(0, -'.idx'.length));
    using index = openFile(`${base}.idx`);
    const offset = index && offsetIn(index, Buffer.from(id, 'hex'));
    if (offset === undefined) continue;
    using pack = openFile(`${base}.pack`);
    const object = pack && objectAt(pack, offset, id.length / 2, DELTAS);
    if (object) return object.kind === COMMIT ? object.body : undefined;
  }
  return undefined;
}

function indexes(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.idx'))
      .slice(0, PACKS);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** Where an object lies in the pack that an index of version 2 is of. */
function offsetIn(index: OpenFile, id: Buffer): number | undefined {
  if (index.read(0, 8).readBigUInt64BE() !== 0xff744f6300000002n) return undefined;
  const fan = index.read(8, 1024);
  const first = id[0] ?? 0;
  const count = fan.readUInt32BE(255 * 4);
  let [low, high] = [
    first === 0 ? 0 : fan.readUInt32BE((first - 1) * 4),
    fan.readUInt32BE(first * 4),
  ];
  const names = 8 + 1024;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = id.compare(index.read(names + middle * id.length, id.length));
    if (order === 0) {
      const offsets = names + count * (id.length + 4);
      const offset = index.read(offsets + middle * 4, 4).readUInt32BE();
      if (offset < 0x80000000) return offset;
      const large = offsets + count * 4 + (offset - 0x80000000) * 8;
      return Number(index.read(large, 8).readBigUInt64BE());
    }
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return undefined;
}

interface PackedObject {
  readonly kind: number;
  readonly body: Buffer;
}

/** Throws RangeError for a pack that is damaged. */
function objectAt(
  pack: OpenFile,
  offset: number,
  idLength: number,
  deltas: number,
): PackedObject | undefined {
  const head = pack.read(offset, 64);
  let at = 0;
  let byte = head.readUInt8(at++);
  const kind = (byte >> 4) & 7;
  while (byte & 0x80) byte = head.readUInt8(at++);
  if (kind !== OFFSET_DELTA && kind !== REFERENCE_DELTA) {
    return kind === COMMIT
      ? { kind, body: inflated(pack.read(offset + at, OBJECT_LIMIT)) }
      : undefined;
  }
  if (deltas === 0) throw new RangeError('too many differences');
  let below: number | undefined;
  if (kind === OFFSET_DELTA) {
    byte = head.readUInt8(at++);
    let back = byte & 0x7f;
    while (byte & 0x80) {
      byte = head.readUInt8(at++);
      back = (back + 1) * 128 + (byte & 0x7f);
    }
    below = offset - back;
  } else {
    using index = openFile(pack.path.replace(/\.pack$/, '.idx'));
    below = index && offsetIn(index, head.subarray(at, at + idLength));
    at += idLength;
  }
  if (below === undefined || below <= 0) return undefined;
  const base = objectAt(pack, below, idLength, deltas - 1);
  if (!base) return undefined;
  return {
    kind: base.kind,
    body: patched(base.body, inflated(pack.read(offset + at, OBJECT_LIMIT))),
  };
}

/** Applies a difference: copies of ranges of the base, and new bytes. Throws RangeError. */
function patched(base: Buffer, delta: Buffer): Buffer {
  let at = 0;
  const size = (): number => {
    let [value, shift, byte] = [0, 0, 0x80];
    while (byte & 0x80) {
      byte = delta.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    }
    return value;
  };
  size();
  const whole = size();
  if (whole > OBJECT_LIMIT) throw new RangeError('too large');
  const parts: Buffer[] = [];
  while (at < delta.length) {
    const order = delta.readUInt8(at++);
    if (order & 0x80) {
      const number = (bits: readonly number[]): number =>
        bits.reduce(
          (sum, bit, index) => sum + (order & bit ? delta.readUInt8(at++) * 256 ** index : 0),
          0,
        );
      const from = number([1, 2, 4, 8]);
      const length = number([16, 32, 64]) || 0x10000;
      parts.push(base.subarray(from, from + length));
    } else {
      parts.push(delta.subarray(at, at + order));
      at += order;
    }
    if (parts.length > OBJECT_LIMIT) throw new RangeError('too many parts');
  }
  return Buffer.concat(parts).subarray(0, whole);
}

function inflated(bytes: Buffer): Buffer {
  const { inflateSync, constants: zlib } = process.getBuiltinModule('node:zlib');
  // What follows is another object, and may be cut.
  return inflateSync(bytes, { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: OBJECT_LIMIT });
}

interface OpenFile extends Disposable {
  readonly path: string;
  /** Fewer bytes at the end of the file. */
  read(at: number, length: number): Buffer;
}

function openFile(path: string): OpenFile | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  const close = (): void => closeSync(fd);
  if (!fstatSync(fd).isFile()) {
    close();
    return undefined;
  }
  return {
    path,
    read(at, length) {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(fd, buffer, 0, length, at));
    },
    [Symbol.dispose]: close,
  };
}
