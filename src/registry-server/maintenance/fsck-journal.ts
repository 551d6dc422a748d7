import { closeSync, createReadStream, openSync, renameSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import type { Digest } from '../../oci/digest.ts';
import { writeAll } from '../../sys/write-all.ts';
import { syncFd, syncPath } from '../durable.ts';
import { type JournalEntry, parseEntry } from '../journal.ts';
import type { Check, Problem } from './fsck.ts';

const NEWLINE = 0x0a;

/** What a journal says in the end. */
export interface JournalState {
  /** Manifests with their media types. */
  readonly manifests: Map<Digest, string>;
  readonly tagsOf: (digest: Digest) => string[];
  /** Manifests whose fault was named. */
  readonly reported: Set<Digest>;
}

/** Reads a journal from its beginning; with repair, lines that are none are taken out. */
export async function* checkJournal(
  check: Check,
  repository: string,
): AsyncGenerator<Problem, JournalState> {
  const { paths, repair } = check;
  const path = paths.journal(repository);
  const file = relative(paths.root, path);
  const manifests = new Map<Digest, string>();
  const tags = new Map<string, Digest>();
  const state = {
    manifests,
    tagsOf: (digest: Digest) => [...tags].flatMap(([tag, is]) => (is === digest ? [tag] : [])),
    reported: new Set<Digest>(),
  };
  if (!statSync(path, { throwIfNoEntry: false })) {
    yield {
      file,
      problem: 'there is no journal',
      consequence: `nobody can see ${repository}: what it had must be pushed again`,
      repair: undefined,
    };
    return state;
  }
  const wrong: number[] = [];
  let number = 0;
  for await (const { line, isWhole } of linesOf(path)) {
    number += 1;
    const entry = isWhole ? parseEntry(line.toString()) : undefined;
    if (entry) apply(entry, manifests, tags);
    else wrong.push(number);
    if (entry) continue;
    yield {
      file,
      problem: isWhole ? `line ${number} is no change` : `line ${number} was cut off`,
      consequence: isWhole
        ? 'a change that was acknowledged may be lost'
        : 'none: what it says was never acknowledged',
      repair: repair ? 'the line is taken out' : undefined,
    };
  }
  if (repair && wrong.length > 0) await without(check, repository, new Set(wrong));
  return state;
}

function apply(
  entry: JournalEntry,
  manifests: Map<Digest, string>,
  tags: Map<string, Digest>,
): void {
  if ('put' in entry) {
    manifests.set(entry.put, entry.type);
    for (const tag of entry.tags ?? []) tags.set(tag, entry.put);
  } else if ('remove' in entry) {
    manifests.delete(entry.remove);
    for (const [tag, digest] of tags) if (digest === entry.remove) tags.delete(tag);
  } else if ('untag' in entry) tags.delete(entry.untag);
  else if ('tag' in entry) {
    if (entry.is !== null && manifests.has(entry.is)) tags.set(entry.tag, entry.is);
    else tags.delete(entry.tag);
  }
}

async function without(
  { paths }: Check,
  repository: string,
  wrong: ReadonlySet<number>,
): Promise<void> {
  const path = paths.journal(repository);
  const fd = openSync(`${path}.new`, 'w', 0o644);
  try {
    let number = 0;
    for await (const { line } of linesOf(path)) {
      number += 1;
      if (!wrong.has(number)) writeAll(fd, Buffer.concat([line, Buffer.of(NEWLINE)]));
    }
    await syncFd(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${path}.new`, path);
  await syncPath(paths.repository(repository));
}

/** The lines of a file; the last one is not whole when it has no end. */
async function* linesOf(
  path: string,
): AsyncGenerator<{ readonly line: Buffer; readonly isWhole: boolean }> {
  let rest = Buffer.alloc(0);
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    rest = Buffer.concat([rest, piece as Buffer]);
    let start = 0;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, start)) {
      yield { line: rest.subarray(start, end), isWhole: true };
      start = end + 1;
    }
    rest = rest.subarray(start);
  }
  if (rest.length > 0) yield { line: rest, isWhole: false };
}
