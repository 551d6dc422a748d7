import { closeSync, fstatSync, ftruncateSync, openSync, readSync, truncateSync } from 'node:fs';
import type { Digest } from '../oci/digest.ts';
import { isDigest } from '../oci/digest.ts';
import { writeAll } from '../sys/write-all.ts';
import { syncFd } from './durable.ts';
import type { TagChange } from './index-tables.ts';

/** Who did something, and why when it was not simply asked for. */
interface Cause {
  readonly by?: string | undefined;
  readonly why?: TagChange | undefined;
}

/** A change of a repository. `at` is the time in RFC 3339. */
export type JournalEntry = { readonly at: string } & (
  | ({
      readonly put: Digest;
      readonly type: string;
      readonly size: number;
      readonly tags?: readonly string[];
    } & Cause)
  | ({ readonly untag: string } & Cause)
  /** A manifest with its tags. */
  | ({ readonly remove: Digest } & Cause)
  /** A tag means something that is there or was there once; null for nothing. */
  | ({ readonly tag: string; readonly is: Digest | null } & Cause)
  /** Manifests that were asked for since the last such line. */
  | { readonly pulled: readonly Digest[] }
);

const NEWLINE = 0x0a;
const PIECE = 1024 * 1024;

/**
 * Writes an entry at the end of a journal, on disk when it returns unless it may be lost. Gives
 * the places before and after it.
 */
export async function appendEntry(
  path: string,
  entry: JournalEntry,
  { mayBeLost = false }: { readonly mayBeLost?: boolean } = {},
): Promise<{ readonly start: number; readonly end: number }> {
  const fd = openSync(path, 'a', 0o644);
  try {
    const before = fstatSync(fd).size;
    const line = lineOf(entry);
    try {
      writeAll(fd, line);
      if (!mayBeLost) await syncFd(fd);
    } catch (error) {
      ftruncateSync(fd, before);
      throw error;
    }
    return { start: before, end: before + line.length };
  } finally {
    closeSync(fd);
  }
}

/** An entry as it stands in a journal. */
export function lineOf(entry: JournalEntry): Buffer {
  return Buffer.from(`${JSON.stringify(entry)}\n`);
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

/** Undefined for what is no entry. */
export function parseEntry(line: string): JournalEntry | undefined {
  let entry: Readonly<Record<string, unknown>> | null;
  try {
    entry = JSON.parse(line) as typeof entry;
  } catch {
    return undefined;
  }
  if (typeof entry !== 'object' || entry === null || !isTime(entry['at'])) return undefined;
  return isChange(entry) ? (entry as unknown as JournalEntry) : undefined;
}

function isChange(entry: Readonly<Record<string, unknown>>): boolean {
  const { put, type, size, tags, untag, remove, tag, is, pulled } = entry;
  if (put !== undefined) {
    const isNamed = tags === undefined || (Array.isArray(tags) && tags.every(isText));
    return isDigestText(put) && isText(type) && Number.isSafeInteger(size) && isNamed;
  }
  if (pulled !== undefined) return Array.isArray(pulled) && pulled.every(isDigestText);
  if (tag !== undefined) return isText(tag) && (is === null || isDigestText(is));
  return isText(untag) || isDigestText(remove);
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isDigestText = (value: unknown): boolean => isText(value) && isDigest(value);
const isTime = (value: unknown): boolean => isText(value) && !Number.isNaN(Date.parse(value));
