import { closeSync, existsSync, fstatSync, openSync, readSync, statSync, watch } from 'node:fs';
import { isErrno } from '../base/errors.ts';

/** One piece of what a container said. */
export interface LogEntry {
  /** RFC 3339 with nanoseconds, in UTC. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  /** With its newline, unless it is the unfinished part of a line. */
  readonly data: Buffer;
}

/** Which part of a log. */
export interface LogRange {
  /** So many of the last lines. */
  readonly tail?: number;
  /** Milliseconds since the epoch; both included. */
  readonly since?: number;
  readonly until?: number;
  /** Goes on until this is false and everything is read; without it ends with the file. */
  readonly follow?: () => boolean;
  readonly signal?: AbortSignal;
}

const CHUNK = 64 * 1024;
/** `2026-11-21T20:11:27.230561784+00:00 stdout F `: all parts have their length. */
const TIME = 35;
const TAG = TIME + ' stdout '.length;
const HEAD = TAG + 2;
const NEWLINE = 0x0a;
/** Conmon breaks lines long before. */
const LONGEST = 1024 * 1024;
const PATIENCE = 500;

/**
 * Reads the log that conmon writes (`k8s-file`), piece by piece, with the files that it had
 * before: `file.1` is the one before the newest. A file that is not there is empty. Where
 * another file takes its place while it is followed, that is read next.
 */
export async function* readLog(file: string, range: LogRange = {}): AsyncGenerator<LogEntry> {
  const { follow, signal } = range;
  const places = startsIn([file, ...olderFiles(file)], range.tail);
  for (const { path, at } of places.slice(0, -1)) {
    using older = openLog(path);
    if (older && (yield* readOn(new Place(older.fd, at), range)) === 'enough') return;
  }
  const opened = openLog(file);
  if (!opened) return;
  let log: OpenLog = opened;
  let place = new Place(log.fd, places.at(-1)?.at ?? 0);
  let bell = follow && new Bell(file, signal);
  try {
    for (;;) {
      // Asked before reading, so that nothing is missed that was said before the end.
      const goesOn = follow?.() === true;
      const next: OpenLog | undefined =
        follow && isReplaced(file, log.fd) ? openLog(file) : undefined;
      using _old = next && log;
      if ((yield* readOn(place, range)) === 'enough') return;
      if (next) {
        bell?.[Symbol.dispose]();
        [log, place, bell] = [next, new Place(next.fd, 0), new Bell(file, signal)];
        continue;
      }
      if (!goesOn || (range.until !== undefined && Date.now() > range.until)) return;
      await bell?.rung();
    }
  } finally {
    log[Symbol.dispose]();
    bell?.[Symbol.dispose]();
  }
}

/** How far a file has been read. */
class Place {
  readonly fd: number;
  at: number;
  /** The beginning of a line whose end is not there yet. */
  rest: Buffer = Buffer.alloc(0);

  constructor(fd: number, at: number) {
    this.fd = fd;
    this.at = at;
  }
}

/** What there is by now; `enough` when nothing later is wanted. */
async function* readOn(
  place: Place,
  { since, until, signal }: LogRange,
): AsyncGenerator<LogEntry, 'enough' | 'end'> {
  for (;;) {
    if (signal?.aborted) return 'enough';
    if (fstatSync(place.fd).size < place.at) [place.at, place.rest] = [0, Buffer.alloc(0)];
    const chunk = readAt(place.fd, place.at, CHUNK);
    if (chunk.length === 0) return 'end';
    place.at += chunk.length;
    const { entries, left } = entriesIn(Buffer.concat([place.rest, chunk]));
    place.rest = left;
    for (const entry of entries) {
      const time = Date.parse(entry.time);
      if (since !== undefined && time < since) continue;
      if (until !== undefined && time > until) return 'enough';
      yield entry;
    }
  }
}

/** The files that a log had before, the newest first. */
function olderFiles(file: string): string[] {
  const found: string[] = [];
  while (existsSync(`${file}.${found.length + 1}`)) found.push(`${file}.${found.length + 1}`);
  return found;
}

/** Where to begin in which files, in the order of reading; `files` are given newest first. */
function startsIn(
  files: readonly string[],
  tail: number | undefined,
): { readonly path: string; readonly at: number }[] {
  let missing = tail ?? Infinity;
  const places: { readonly path: string; readonly at: number }[] = [];
  for (const path of files) {
    using log = openLog(path);
    const found = log && missing !== Infinity ? startOfTail(log.fd, missing) : undefined;
    places.unshift({ path, at: found?.at ?? 0 });
    missing = found?.missing ?? missing;
    if (missing <= 0) break;
  }
  return places;
}

/** Whether the name means another file by now. */
function isReplaced(file: string, fd: number): boolean {
  const there = statSync(file, { throwIfNoEntry: false, bigint: true });
  if (!there) return false;
  const here = fstatSync(fd, { bigint: true });
  return there.ino !== here.ino || there.dev !== here.dev;
}

interface OpenLog extends Disposable {
  readonly fd: number;
}

function openLog(file: string): OpenLog | undefined {
  try {
    const fd = openSync(file, 'r');
    return { fd, [Symbol.dispose]: () => closeSync(fd) };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function readAt(fd: number, at: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  return buffer.subarray(0, readSync(fd, buffer, 0, length, at));
}

function entriesIn(bytes: Buffer): { readonly entries: LogEntry[]; readonly left: Buffer } {
  const entries: LogEntry[] = [];
  let start = 0;
  for (;;) {
    const newline = bytes.indexOf(NEWLINE, start);
    if (newline < 0) break;
    const entry = entryOf(bytes.subarray(start, newline));
    if (entry) entries.push(entry);
    start = newline + 1;
  }
  const left = bytes.subarray(start);
  return { entries, left: left.length > LONGEST ? Buffer.alloc(0) : left };
}

/** Undefined for what conmon did not write. */
function entryOf(line: Buffer): LogEntry | undefined {
  if (line.length < HEAD - 1) return undefined;
  const stream = line.toString('latin1', TIME + 1, TAG - 1);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const data = line.subarray(HEAD);
  const whole = isWhole(line);
  return {
    time: utc(line.toString('latin1', 0, TIME)),
    stream,
    data: whole ? Buffer.concat([data, Buffer.from('\n')]) : Buffer.from(data),
  };
}

function isWhole(line: Buffer): boolean {
  return line[TAG] === 'F'.charCodeAt(0);
}

/** Conmon writes the machine's own zone. */
function utc(text: string): string {
  const fraction = text.slice(19, 29);
  if (text.endsWith('+00:00')) return `${text.slice(0, 29)}Z`;
  const date = new Date(`${text.slice(0, 19)}${text.slice(29)}`);
  return Number.isNaN(date.getTime()) ? text : `${date.toISOString().slice(0, 19)}${fraction}Z`;
}

/** Where the last `count` lines begin; unfinished lines belong to the next whole one. */
function startOfTail(fd: number, count: number): { readonly at: number; readonly missing: number } {
  const { size } = fstatSync(fd);
  if (count <= 0) return { at: size, missing: 0 };
  let end = size;
  let whole = 0;
  let start = size;
  while (end > 0) {
    // Cut at a line's end, so that each round sees whole lines.
    const from = Math.max(0, end - CHUNK);
    const bytes = readAt(fd, from, end - from);
    const first = from === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
    const lines: number[] = [];
    for (let at = first; at < bytes.length;) {
      lines.push(at);
      const newline = bytes.indexOf(NEWLINE, at);
      at = newline < 0 ? bytes.length : newline + 1;
    }
    for (const at of lines.reverse()) {
      if (isWhole(bytes.subarray(at)) && ++whole > count) return { at: start, missing: 0 };
      start = from + at;
    }
    if (from + first >= end) break;
    end = from + first;
  }
  return { at: start, missing: count - whole };
}

/** Rings when the file changes, and now and then without reason. */
class Bell implements Disposable {
  readonly #watcher: ReturnType<typeof watch>;
  readonly #signal: AbortSignal | undefined;
  #wake = (): void => undefined;
  #rang = false;

  constructor(file: string, signal: AbortSignal | undefined) {
    this.#watcher = watch(file, () => this.#ring());
    this.#watcher.on('error', () => undefined);
    this.#signal = signal;
    signal?.addEventListener('abort', this.#ring);
  }

  readonly #ring = (): void => {
    this.#rang = true;
    this.#wake();
  };

  async rung(): Promise<void> {
    if (!this.#rang) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, PATIENCE);
      });
      clearTimeout(timer);
    }
    this.#rang = false;
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
    this.#signal?.removeEventListener('abort', this.#ring);
  }
}
