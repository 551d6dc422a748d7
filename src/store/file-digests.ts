import type { Digest } from '../oci/digest.ts';
import type { Database } from './database.ts';
import type { FileDigestTable, FileStamp } from './tables.ts';

/*
 * Files that were made together have neighbouring inode numbers, and are asked for together:
 * one row holds 64 inodes in a row, so that a context of 20,000 files takes a few hundred
 * rows. A row is a bit map (64 bits, little-endian) of the inodes it knows, then for each of
 * them, lowest first: size, mtime and ctime (64 bits each, nanoseconds) and the raw SHA-256.
 */
const MAP = 8;
const STAMP = 24;
const RECORD = STAMP + 32;
/** Rows that are remembered. An old one does no harm: what it says of a stamp stays true. */
const REMEMBERED = 256;
const PREFIX = 'sha256:';

const stampWords = new BigUint64Array(3);
const stampBytes = Buffer.from(stampWords.buffer);

/** The persistent stat cache in the database. */
export function fileDigestTable(db: Database): FileDigestTable {
  const known = new Map<string, Buffer | undefined>();
  const load = (dev: bigint, place: bigint): Buffer | undefined => {
    const row = db.get<{ files: Uint8Array }>(
      'SELECT files FROM file_digests WHERE dev = ? AND place = ?',
      signed(dev),
      signed(place),
    );
    return row && Buffer.from(row.files.buffer, row.files.byteOffset, row.files.length);
  };
  return {
    get(stamp) {
      const place = stamp.ino >> 6n;
      const key = `${stamp.dev}:${place}`;
      let row = known.get(key);
      if (!row && !known.has(key)) {
        row = load(stamp.dev, place);
        if (known.size >= REMEMBERED) known.clear();
        known.set(key, row);
      }
      return row && digestIn(row, stamp);
    },
    put(rows) {
      const places = new Map<string, { stamp: FileStamp; digest: Digest }[]>();
      for (const row of rows) {
        const key = `${row.stamp.dev}:${row.stamp.ino >> 6n}`;
        const there = places.get(key);
        if (there) there.push(row);
        else places.set(key, [row]);
      }
      for (const [key, there] of places) {
        const { dev, ino } = there[0]!.stamp;
        const place = ino >> 6n;
        const files = merged(load(dev, place), there);
        db.run(
          'INSERT OR REPLACE INTO file_digests (dev, place, files) VALUES (?, ?, ?)',
          signed(dev),
          signed(place),
          files,
        );
        known.delete(key);
      }
    },
  };
}

/** SQLite's integers have 64 bits with a sign; device and inode numbers have none. */
function signed(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

function slotOf(ino: bigint): number {
  return Number(ino & 63n);
}

/** Where the record of a slot is, or would be. */
function offsetOf(row: Buffer, slot: number): number {
  const low = row.readUInt32LE(0);
  const high = row.readUInt32LE(4);
  const before =
    slot < 32 ? ones(low & ((1 << slot) - 1)) : ones(low) + ones(high & ((1 << (slot - 32)) - 1));
  return MAP + before * RECORD;
}

function has(row: Buffer, slot: number): boolean {
  return ((row[slot >> 3]! >> (slot & 7)) & 1) === 1;
}

/** Number of bits that are set. */
function ones(bits: number): number {
  let rest = bits - ((bits >>> 1) & 0x55555555);
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333);
  return (((rest + (rest >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

function setStamp({ size, mtimeNs, ctimeNs }: FileStamp): void {
  stampWords[0] = size;
  stampWords[1] = mtimeNs;
  stampWords[2] = ctimeNs;
}

function digestIn(row: Buffer, stamp: FileStamp): Digest | undefined {
  const slot = slotOf(stamp.ino);
  if (!has(row, slot)) return undefined;
  const at = offsetOf(row, slot);
  setStamp(stamp);
  if (stampBytes.compare(row, at, at + STAMP) !== 0) return undefined;
  return `${PREFIX}${row.toString('hex', at + STAMP, at + RECORD)}` as Digest;
}

/** A row with what is new in it. */
function merged(
  row: Buffer | undefined,
  files: readonly { readonly stamp: FileStamp; readonly digest: Digest }[],
): Buffer {
  const records = new Map<number, Buffer>();
  const before = row ?? Buffer.alloc(MAP);
  for (let slot = 0; slot < 64; slot += 1) {
    if (!has(before, slot)) continue;
    const at = offsetOf(before, slot);
    records.set(slot, before.subarray(at, at + RECORD));
  }
  for (const { stamp, digest } of files) {
    if (!digest.startsWith(PREFIX)) continue;
    const record = Buffer.allocUnsafe(RECORD);
    setStamp(stamp);
    stampBytes.copy(record);
    record.write(digest.slice(PREFIX.length), STAMP, 'hex');
    records.set(slotOf(stamp.ino), record);
  }
  const map = Buffer.alloc(MAP);
  const slots = [...records.keys()].sort((a, b) => a - b);
  for (const slot of slots) map[slot >> 3]! |= 1 << (slot & 7);
  return Buffer.concat([map, ...slots.map((slot) => records.get(slot)!)]);
}
