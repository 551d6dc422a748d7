import {
  appendFileSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  watch,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../base/errors.ts';
import { InsideRoot } from '../../sys/inside.ts';
import { lockFile } from '../../sys/lock.ts';
import { isTaken } from './classify.ts';
import { stepsOf } from './commands.ts';
import { readJournal, type Prompt } from './journal.ts';
import { recordingPaths, type RecordingPaths } from './paths.ts';
import { changeAt, changedPaths, snapshotOf, type Change, type Snapshot } from './snapshot.ts';

/** So many names of one command are written down. */
const MOST_CHANGES = 5000;
/** Bytes of a file whose content is kept, and how many of one command are. */
const LARGEST = 16 * 1024 * 1024;
const MOST_SAVED = 100;
const CHUNK = 256 * 1024;
/** Of more files, the list is written when watching ends. */
const FEW_FILES = 5000;
/** What a container's end does to its recording while we look. */
const GONE = ['ENOENT', 'ENOTDIR', 'EBADF'] as const;

/** What changed between two places of the journal. */
export interface Noted {
  readonly from: number;
  readonly to: number;
  /** Undefined when nobody looked, or there was too much to look at. */
  readonly changes?: readonly Change[];
  /** There were more than these. */
  readonly more?: boolean;
}

/** What was noted so far. */
export function readNotes(path: string): Noted[] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Noted);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/** The files as they were at the last prompt that was seen. */
export function readSnapshot(path: string): Snapshot | undefined {
  try {
    return new Map(JSON.parse(readFileSync(path, 'utf8')) as [string, string][]);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * Looks at each prompt of a container's shells which files have changed, until its scope is left;
 * the shells wait for it. One process does so at a time: undefined when another does.
 */
export function watchRecording(container: string): Disposable | undefined {
  const paths = recordingPaths(container);
  const lock = lockFile(paths.lock, { exclusive: true, wait: false });
  if (!lock) return undefined;
  using undo = new DisposableStack();
  undo.use(lock);
  const ack = openSync(paths.ack, constants.O_RDWR | constants.O_NONBLOCK);
  undo.defer(() => closeSync(ack));
  const watcher = new Watcher(container, paths, ack);
  const look = (): void => {
    try {
      watcher.look();
    } catch (error) {
      if (!isErrno(error, ...GONE)) throw error;
    }
  };
  writeFileSync(paths.watching, 'yes\n');
  const events = watch(paths.journal, { persistent: false }, look);
  undo.defer(() => events.close());
  look();
  const done = undo.move();
  return {
    [Symbol.dispose]() {
      look();
      try {
        openTruncated(paths.watching);
        watcher.keep();
      } catch (error) {
        if (!isErrno(error, ...GONE)) throw error;
      } finally {
        done[Symbol.dispose]();
      }
    },
  };
}

/** Empties a file that is there; makes none. */
function openTruncated(path: string): void {
  closeSync(openSync(path, constants.O_WRONLY | constants.O_TRUNC));
}

class Watcher {
  readonly #upper: string;
  readonly #paths: RecordingPaths;
  readonly #ack: number;
  readonly #prompts: Prompt[];
  #offset: number;
  #last: Snapshot | undefined;

  constructor(container: string, paths: RecordingPaths, ack: number) {
    this.#upper = join(container, 'upper');
    this.#paths = paths;
    this.#ack = ack;
    this.#offset = readNotes(paths.changes).at(-1)?.to ?? 0;
    this.#prompts = readJournal(paths.journal).filter(({ end }) => end <= this.#offset);
    this.#last = readSnapshot(paths.snapshot) ?? snapshotOf(this.#upper);
  }

  /** Notes what has changed since the last prompt that was seen, if there is a new one. */
  look(): void {
    const fresh = readJournal(this.#paths.journal, this.#offset);
    const end = fresh.at(-1)?.end;
    if (end === undefined) return;
    const now = snapshotOf(this.#upper);
    const changed = this.#last && now && changedPaths(this.#last, now);
    this.#prompts.push(...fresh);
    const noted: Noted = {
      from: this.#offset,
      to: end,
      ...(changed && this.#described(changed, fresh)),
    };
    appendFileSync(this.#paths.changes, `${JSON.stringify(noted)}\n`, { mode: 0o600 });
    this.#last = now;
    this.#offset = end;
    if (now && now.size <= FEW_FILES) this.keep();
    this.#answer(fresh.length);
  }

  /** Writes down what is there. */
  keep(): void {
    if (!this.#last) return;
    writeFileSync(this.#paths.snapshot, JSON.stringify([...this.#last]), { mode: 0o600 });
  }

  #described(changed: readonly string[], fresh: readonly Prompt[]): Partial<Noted> {
    const steps = stepsOf(this.#prompts, () => changed.length > 0).slice(-fresh.length);
    const taken = steps.some(({ typed }) => typed && isTaken(typed));
    using inside = new InsideRoot(this.#upper);
    let saved = 0;
    const changes = changed.slice(0, MOST_CHANGES).map((path): Change => {
      try {
        const change = changeAt(inside.at(Buffer.from(path, 'latin1')), path);
        if (!taken || change.kind !== 'file' || saved >= MOST_SAVED) return change;
        const name = `${fresh.at(-1)?.end}-${saved}`;
        const place = inside.at(Buffer.from(path, 'latin1'));
        if (!copyFile(place, join(this.#paths.files, name))) return change;
        saved += 1;
        return { ...change, saved: name };
      } catch (error) {
        if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
        return { path, kind: 'gone', mode: 0, uid: 0, gid: 0 };
      }
    });
    return { changes, ...(changed.length > MOST_CHANGES && { more: true }) };
  }

  /** Shells wait for one line each; what earlier ones did not take is of no use. */
  #answer(count: number): void {
    const waste = Buffer.alloc(4096);
    try {
      while (readSync(this.#ack, waste, 0, waste.length, null) > 0);
    } catch (error) {
      if (!isErrno(error, 'EAGAIN')) throw error;
    }
    writeSync(this.#ack, '\n'.repeat(Math.min(count, waste.length)));
  }
}

/** Copies a plain file that is not too large; says whether it did. */
export function copyFile(from: Buffer, to: string): boolean {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = openSync(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > LARGEST) return false;
    const out = openSync(to, 'w', 0o600);
    try {
      const chunk = Buffer.alloc(CHUNK);
      let left = LARGEST;
      for (let read = 1; read > 0 && left > 0; left -= read) {
        read = readSync(fd, chunk, 0, Math.min(chunk.length, left), null);
        writeSync(out, chunk, 0, read);
      }
    } finally {
      closeSync(out);
    }
    return true;
  } finally {
    closeSync(fd);
  }
}
