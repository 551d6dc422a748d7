import { closeSync, fstatSync, ftruncateSync, openSync, readSync, truncateSync } from 'node:fs';
import type { Digest } from '../oci/digest.ts';
import { isDigest } from '../oci/digest.ts';
import { writeAll } from '../sys/write-all.ts';
import { syncFd } from './durable.ts';

/** A change of a repository. `at` is the time in RFC 3339. */
export type JournalEntry =
  | {
      readonly at: string;
      readonly put: Digest;
      readonly type: string;
      readonly size: number;
      readonly tags?: readonly string[];
    }
  | { readonly at: string; readonly untag: string }
  | { readonly at: string; readonly remove: Digest };

const NEWLINE = 0x0a;
const PIECE = 1024 * 1024;

/** Writes an entry at the end of a journal, on disk when it returns. Gives the journal's new size. */
export async function appendEntry(path: string, entry: JournalEntry): Promise<number> {
  const fd = openSync(path, 'a', 0o644);
  try {
    const before = fstatSync(fd).size;
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      writeAll(fd, line);
      await syncFd(fd);
    } catch (error) {
      ftruncateSync(fd, before);
      throw error;
    }
    return before + line.length;
  } finally {
    closeSync(fd);
  }
}

/**
 * The entries from a position on, each with the position after it. A line that a crash cut off
 * was never acknowledged: it is removed. Lines that are no entries are passed over.
 */
export function* readEntries(
  path: string,
  from: number,
): Generator<{ readonly entry: JournalEntry; readonly end: number }, void> {
  const fd = openSync(path, 'r');
  let rest = Buffer.alloc(0);
  let position = from;
  try {
    const piece = Buffer.alloc(PIECE);
    for (;;) {
      const read = readSync(fd, piece, 0, PIECE, position + rest.length);
      if (read === 0) break;
      rest = Buffer.concat([rest, piece.subarray(0, read)]);
      for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
        const entry = parseEntry(rest.subarray(0, end).toString());
        position += end + 1;
        rest = rest.subarray(end + 1);
        if (entry) yield { entry, end: position };
      }
    }
  } finally {
    closeSync(fd);
  }
  if (rest.length > 0) truncateSync(path, position);
}

function parseEntry(line: string): JournalEntry | undefined {
  let entry: Partial<Record<'put' | 'type' | 'size' | 'untag' | 'remove', unknown>> | null;
  try {
    entry = JSON.parse(line) as typeof entry;
  } catch {
    return undefined;
  }
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { put, type, size, untag, remove } = entry;
  const isPut =
    typeof put === 'string' &&
    isDigest(put) &&
    typeof type === 'string' &&
    typeof size === 'number';
  const isRemove = typeof remove === 'string' && isDigest(remove);
  return isPut || isRemove || typeof untag === 'string' ? (entry as JournalEntry) : undefined;
}
