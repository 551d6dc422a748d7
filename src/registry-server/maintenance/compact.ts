import { closeSync, fstatSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { breather } from '../../base/limit.ts';
import type { Digest } from '../../oci/digest.ts';
import { writeAll } from '../../sys/write-all.ts';
import { syncFd, syncPath } from '../durable.ts';
import type { FileParts } from '../file-storage.ts';
import { type JournalEntry, lineOf } from '../journal.ts';

/** A journal is written anew when it is this long, and so many times longer than it was then. */
const LEAST = 256 * 1024;
const GROWTH = 2;
/** How long changes of tags are remembered, in milliseconds. */
const HISTORY_LIFE = 90 * 24 * 3600 * 1000;
const ROWS = 500;

/** Writes the journals anew that hold more of the past than of the present. Gives their number. */
export async function compactJournals(
  parts: FileParts,
  { signal, least = LEAST }: { readonly signal?: AbortSignal; readonly least?: number } = {},
): Promise<number> {
  const { tables } = parts;
  let count = 0;
  for (const { name, applied, base } of tables.positions()) {
    signal?.throwIfAborted();
    if (applied < least || applied < base * GROWTH) continue;
    await parts.turns.take(name, () => compactJournal(parts, name));
    count += 1;
  }
  return count;
}

/**
 * Writes a journal that says what the tables hold, in the place of the old one. A crash leaves the
 * one or the other; tables that know the wrong one are made anew from it. To be called in turn.
 */
export async function compactJournal(parts: FileParts, repository: string): Promise<void> {
  const { clock, paths, tables } = parts;
  const row = tables.repository(repository);
  const target = paths.journal(repository);
  // What the tables do not hold must not be lost.
  if (!row || statSync(target, { throwIfNoEntry: false })?.size !== row.applied) return;
  const life = clock.now().getTime() - HISTORY_LIFE;
  tables.change(() => tables.trimHistory(repository, life));
  const fresh = `${target}.new`;
  const fd = openSync(fresh, 'w', 0o644);
  let size = 0;
  let journal: string;
  try {
    const pause = breather(10);
    for (const lines of present(parts, repository)) {
      writeAll(fd, lines);
      size += lines.length;
      await pause();
    }
    await syncFd(fd);
    journal = String(fstatSync(fd).ino);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  tables.setJournal(repository, journal, size);
  renameSync(fresh, target);
  await syncPath(paths.repository(repository));
}

/** What the tables hold of a repository, as entries: manifests, the past of the tags, pulls. */
function* present({ tables }: FileParts, repository: string): Generator<Buffer> {
  const pulls = new Map<number, Digest[]>();
  for (let after = 0; ;) {
    const rows = tables.manifests(repository, after, ROWS);
    yield together(
      rows.map(({ digest: put, mediaType: type, size, pushed }) => ({
        at: time(pushed),
        put,
        type,
        size,
      })),
    );
    for (const { digest, pulled } of rows) {
      if (pulled === null) continue;
      const others = pulls.get(pulled);
      if (others) others.push(digest);
      else pulls.set(pulled, [digest]);
    }
    if (rows.length < ROWS) break;
    after = rows.at(-1)?.id ?? 0;
  }
  for (let after = 0; ;) {
    const rows = tables.historyFrom(repository, after, ROWS);
    yield together(
      rows.map(({ tag, at, digest: is, actor, what: why }) => ({
        at: time(at),
        tag,
        is,
        ...(actor !== null && { by: actor }),
        why,
      })),
    );
    if (rows.length < ROWS) break;
    after = rows.at(-1)?.place ?? 0;
  }
  for (let after = ''; ;) {
    const rows = tables.renewedTags(repository, after, ROWS);
    yield together(rows.map(({ name, digest: is, at }) => ({ at: time(at), tag: name, is })));
    if (rows.length < ROWS) break;
    after = rows.at(-1)?.name ?? '';
  }
  for (const [at, pulled] of pulls) yield lineOf({ at: time(at), pulled });
}

function together(entries: readonly JournalEntry[]): Buffer {
  return Buffer.concat(entries.map(lineOf));
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
