import type { Bytes } from '../base/bytes.ts';
import { LayerLimitError, shownName, TarFormatError } from './errors.ts';
import type { LayerLimits } from './limits.ts';
import type { TarEntry } from './tar-entry.ts';
import { BLOCK, Field, numberField } from './tar-fields.ts';
import { checkName } from './tar-header.ts';
import type { Extensions } from './tar-pax.ts';
import type { TarSource } from './tar-source.ts';

/** The type flag of old GNU sparse entries. */
export const SPARSE_FLAG = 0x53;

/** The content of an entry as the archive has it, and how much of it is unread. */
export interface StoredBytes extends Bytes {
  left: number;
}

/** Where the stored pieces of a file with holes belong: offsets and lengths in turn. */
type SparseMap = readonly number[];

/**
 * A file with holes: its name and size as they are once expanded, and its expanded content.
 * The header is the source's current block; `stored` follows it. Throws TarFormatError and
 * LayerLimitError.
 *
 * @see https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html
 */
export async function readSparse(
  source: TarSource,
  flag: number,
  entry: TarEntry,
  stored: StoredBytes,
  extensions: Extensions | undefined,
  limits: LayerLimits,
): Promise<{ readonly entry: TarEntry; readonly body: Bytes }> {
  const records = extensions?.sparse;
  const name = records?.name ?? entry.path;
  checkName(name, limits);
  if (entry.type !== 'file') {
    throw new TarFormatError(`${shownName(name)} has holes but is no file`);
  }
  let map: SparseMap;
  let size: number;
  if (flag === SPARSE_FLAG) {
    size = oldSparseSize(source);
    map = await oldSparseMap(source, limits);
  } else {
    size = records?.size ?? entry.size;
    if (records?.major === 1 && records.minor === 0) {
      map = await leadingSparseMap(source, stored, limits);
    } else if (records?.map) {
      ({ map } = records);
    } else {
      throw new TarFormatError(`${shownName(name)} has holes of an unknown kind`);
    }
  }
  checkSparseMap(map, size, stored.left);
  return { entry: { ...entry, path: name, size }, body: expanded(map, size, stored) };
}

const OLD_ENTRIES_AT = 386;
const OLD_ENTRIES = 4;
const OLD_EXTENDED_AT = 482;
const MORE_ENTRIES = 21;
const MORE_EXTENDED_AT = 504;
const PAIR = 24;
/** Never written to. */
const HOLE = new Uint8Array(64 * 1024);

/**
 * The map of an old GNU sparse entry, whose header is the source's current block; reads the
 * blocks that continue it.
 */
async function oldSparseMap(source: TarSource, limits: LayerLimits): Promise<number[]> {
  const map: number[] = [];
  let more = source.current[source.offset + OLD_EXTENDED_AT] !== 0;
  takePairs(source, OLD_ENTRIES_AT, OLD_ENTRIES, map);
  for (let bytes = BLOCK; more; bytes += BLOCK) {
    if (bytes > limits.paxBytes) throw tooManyPieces();
    if (!(await source.block())) throw source.cutOff('a sparse map');
    more = source.current[source.offset + MORE_EXTENDED_AT] !== 0;
    takePairs(source, 0, MORE_ENTRIES, map);
  }
  return map;
}

function takePairs(source: TarSource, at: number, count: number, map: number[]): void {
  for (let pair = 0; pair < count; pair += 1) {
    const place = at + pair * PAIR;
    // Unused pairs are left empty at the end.
    if (source.current[source.offset + place] === 0) return;
    map.push(
      numberField(source.current, source.offset, [place, 12], 'a sparse offset'),
      numberField(source.current, source.offset, [place + 12, 12], 'a sparse length'),
    );
  }
}

/** The size with holes that an old GNU sparse header announces. */
function oldSparseSize(source: TarSource): number {
  return numberField(source.current, source.offset, Field.gnuSparseSize, 'a sparse size');
}

/**
 * Reads the map that PAX sparse format 1.0 puts before the content: the number of pieces, then
 * offset and length of each, in decimal, a line each, padded to a block.
 */
async function leadingSparseMap(
  source: TarSource,
  stored: StoredBytes,
  limits: LayerLimits,
): Promise<number[]> {
  const numbers: number[] = [];
  let expected = 1;
  let value = -1;
  let bytes = 0;
  while (numbers.length < expected) {
    if (bytes >= limits.paxBytes) throw tooManyPieces();
    if (stored.left < BLOCK) throw new TarFormatError('a sparse map is longer than its file');
    if (!(await source.block())) throw source.cutOff('a sparse map');
    stored.left -= BLOCK;
    bytes += BLOCK;
    for (let index = 0; index < BLOCK && numbers.length < expected; index += 1) {
      const digit = source.current[source.offset + index]! - 0x30;
      if (digit >= 0 && digit <= 9) {
        value = Math.max(value, 0) * 10 + digit;
      } else if (digit === 0x0a - 0x30 && value >= 0 && Number.isSafeInteger(value)) {
        numbers.push(value);
        // Two characters at least stand for each number, so the bound on bytes bounds this too.
        if (numbers.length === 1) expected = 1 + 2 * value;
        value = -1;
      } else {
        throw new TarFormatError('a sparse map holds something that is not a number');
      }
    }
  }
  return numbers.slice(1);
}

function tooManyPieces(): LayerLimitError {
  return new LayerLimitError('a sparse file has too many pieces');
}

/** Throws TarFormatError unless the pieces are in order, within `size`, and `stored` bytes in all. */
function checkSparseMap(map: SparseMap, size: number, stored: number): void {
  if (size < 0) throw new TarFormatError('a size is negative');
  let end = 0;
  let sum = 0;
  for (let index = 0; index < map.length; index += 2) {
    const offset = map[index]!;
    const length = map[index + 1];
    if (length === undefined || length < 0 || offset < end || offset + length > size) {
      throw new TarFormatError('the pieces of a sparse file overlap or lie outside of it');
    }
    end = offset + length;
    sum += length;
  }
  if (sum !== stored) throw new TarFormatError('the pieces of a sparse file do not add up');
}

/** The whole file: stored pieces from `stored`, zeros for what is between and after them. */
async function* expanded(
  map: SparseMap,
  size: number,
  stored: Bytes,
): AsyncGenerator<Uint8Array, void> {
  const pieces = stored[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array(0);
  let at = 0;
  for (let index = 0; index < map.length; index += 2) {
    yield* hole(map[index]! - at);
    at = map[index]!;
    const end = at + map[index + 1]!;
    while (at < end) {
      if (chunk.length === 0) {
        const next = await pieces.next();
        if (next.done === true) throw new TarFormatError('a sparse file ends early');
        chunk = next.value;
      }
      const piece = chunk.subarray(0, end - at);
      chunk = chunk.subarray(piece.length);
      at += piece.length;
      yield piece;
    }
  }
  yield* hole(size - at);
}

function* hole(size: number): Generator<Uint8Array> {
  for (let left = size; left > 0; left -= HOLE.length) {
    yield left < HOLE.length ? HOLE.subarray(0, left) : HOLE;
  }
}
