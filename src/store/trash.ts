import {
  chmodSync,
  lstatSync,
  opendirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  type Stats,
} from 'node:fs';
import { basename } from 'node:path';
import { isErrno } from '../base/errors.ts';
import { randomHex } from '../sys/random.ts';

/** Entries of a directory that are held in memory at once. */
const BATCH = 4096;
/** Longer paths are not used (PATH_MAX is 4096): what lies deeper is brought up first. */
const PATH_LIMIT = 3000;
const SLASH = Buffer.from('/');

/**
 * Where things go to be removed: one rename takes them out of sight at once, however large
 * they are, and what a killed process leaves here is removed by the next one.
 */
export class Trash {
  readonly #directory: string;

  /** `directory` is on the file system of what will be thrown away. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Moves a file or a directory here, and says where it is now; undefined when there was none. */
  take(path: string): string | undefined {
    const place = this.#place();
    try {
      renameSync(path, place);
      return place;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  /** Removes what {@link take} moved to `place`, as {@link empty} does. */
  drop(place: string): void {
    for (const _ of this.empty(basename(place))) continue;
  }

  /**
   * Removes what is here, or just `only`; the steps are places to pause. The result is the disk space that
   * came free, in bytes. Links are not followed, and nothing is removed below a mount point:
   * such things, and what the kernel refuses to remove, stay for the next time.
   */
  *empty(only?: string): Generator<void, number> {
    let bytes = 0;
    // Again, because deep trees come up in pieces.
    for (let going = true; going;) {
      going = false;
      for (const path of this.#contents(only)) {
        const hoist = (child: Buffer): boolean => {
          const done = tolerate(() => renameSync(child, this.#place()));
          going ||= done;
          return done;
        };
        bytes += (yield* remove(path, hoist)).bytes;
      }
    }
    return bytes;
  }

  /** What is here and has no mount point in it. */
  #contents(only: string | undefined): Buffer[] {
    const here = realpathSync(this.#directory);
    const mounts = mountPoints().filter((point) => point.startsWith(`${here}/`));
    return (only === undefined ? readdirSync(here) : [only])
      .map((name) => `${here}/${name}`)
      .filter((path) => !mounts.some((point) => `${point}/`.startsWith(`${path}/`)))
      .map((path) => Buffer.from(path));
  }

  #place(): string {
    return `${this.#directory}/${randomHex(8)}`;
  }
}

interface Removal {
  readonly gone: boolean;
  /** Disk space that came free. */
  readonly bytes: number;
}

function* remove(path: Buffer, hoist: (child: Buffer) => boolean): Generator<void, Removal> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return { gone: true, bytes: 0 };
  if (!stat.isDirectory()) return taken(stat, () => unlinkSync(path));
  // Without root, a directory must allow its owner to look into it and to change it.
  if ((stat.mode & 0o700) !== 0o700) tolerate(() => chmodSync(path, 0o700));
  let bytes = 0;
  for (let more = true; more;) {
    const names = listSome(path);
    more = false;
    for (const name of names) {
      const child = Buffer.concat([path, SLASH, name]);
      const removal =
        child.length > PATH_LIMIT ? { gone: hoist(child), bytes: 0 } : yield* remove(child, hoist);
      bytes += removal.bytes;
      more ||= removal.gone && names.length === BATCH;
    }
    yield;
  }
  const self = taken(stat, () => rmdirSync(path));
  return { gone: self.gone, bytes: bytes + self.bytes };
}

/** A file with other names keeps its space. */
function taken(stat: Stats, action: () => void): Removal {
  const gone = tolerate(action);
  const last = stat.isDirectory() || stat.nlink === 1;
  return { gone, bytes: gone && last ? stat.blocks * 512 : 0 };
}

/** The first entries of a directory: all of them when there are fewer than `BATCH`. */
function listSome(path: Buffer): Buffer[] {
  const names: Buffer[] = [];
  tolerate(() => {
    // Names are bytes; the types know nothing of the encoding that says so.
    using directory = opendirSync(path, { encoding: 'buffer' as 'latin1', bufferSize: 256 });
    while (names.length < BATCH) {
      const entry = directory.readSync();
      if (entry === null) break;
      names.push(entry.name as string | Buffer as Buffer);
    }
  });
  return names;
}

/** False when the kernel refuses: somebody else was faster, or it is not to be removed. */
function tolerate(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EPERM', 'EACCES', 'EBUSY', 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html */
function mountPoints(): string[] {
  const text = readFileSync('/proc/self/mountinfo', 'utf8');
  return text
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, digits: string) =>
        String.fromCharCode(Number.parseInt(digits, 8)),
      ),
    );
}
