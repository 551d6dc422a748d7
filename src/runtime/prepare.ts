import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { InvalidInputError, isErrno } from '../base/errors.ts';
import { InsideRoot } from '../sys/inside.ts';
import { bindMount, mountOverlay, mountTmpfs, type OverlayOptions } from '../sys/mount.ts';
import { writeAll } from '../sys/write-all.ts';
import { lchown } from '../sys/owner.ts';

/** A place to mount on that has to be made inside something that is mounted itself. */
export interface NestedPoint {
  /** Below the mounted directory. */
  readonly path: string;
  readonly kind: 'file' | 'directory';
}

/**
 * What a process is to see at a mount, when that is more than a path. It is brought in place
 * in the executor's own mount namespace, so that it vanishes with it.
 */
export type PreparedSource =
  | {
      /** Part of a directory that somebody else may be changing. */
      readonly kind: 'directory';
      readonly root: string;
      /** Resolved inside `root`, whatever its links say. Bytes; empty for all of it. */
      readonly path: Buffer;
      readonly file: boolean;
      /** Made in it before the process starts. */
      readonly points?: readonly NestedPoint[];
    }
  | {
      /** A directory in stacked directories. */
      readonly kind: 'overlay';
      readonly overlay: OverlayOptions;
      /** Below all of the overlay's lower directories: part of another one. */
      readonly bottom?: { readonly root: string; readonly path: Buffer };
      readonly path: Buffer;
      /** Made in it before the process starts; they need an upper directory. */
      readonly points?: readonly NestedPoint[];
    }
  | {
      /** A file that exists in memory only. */
      readonly kind: 'secret';
      readonly content: Buffer;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

/** All that has to be brought in place for one process. */
export interface Preparation {
  /** Made for it; nothing but mount points is written to the disk. */
  readonly directory: string;
  /** By the index of their mount. */
  readonly sources: readonly (PreparedSource | null)[];
  /** The runtime's configuration, where it must not be on a disk. */
  readonly config?: string;
}

const O_PATH = 0x200000;
const FILE_TYPE = constants.S_IFMT;
/** Bytes beyond those of the files: for the runtime's own state. */
const MEMORY_SLACK = 4 * 1024 * 1024;

/** Where {@link prepare} puts a source. */
export function preparedPath(directory: string, index: number, source: PreparedSource): string {
  if (source.kind === 'secret') return join(memoryPath(directory), String(index));
  return join(directory, String(index));
}

/** A directory in memory, there when a secret or a configuration is in the {@link Preparation}. */
export function memoryPath(directory: string): string {
  return join(directory, 'memory');
}

/** Brings everything in place. Leaving the scope takes it away again. Throws InvalidInputError. */
export function prepare(job: Preparation): Disposable {
  using scope = new DisposableStack();
  make(job.directory, scope);
  const secret = job.sources.reduce(
    (sum, source) => sum + (source?.kind === 'secret' ? source.content.length + 4096 : 0),
    job.config?.length ?? 0,
  );
  if (secret > 0) {
    const memory = memoryPath(job.directory);
    make(memory, scope);
    scope.use(mountTmpfs(memory, { size: secret + MEMORY_SLACK, mode: 0o700 }));
    if (job.config !== undefined)
      write(join(memory, 'config.json'), Buffer.from(job.config), 0o600);
  }
  for (const [index, source] of job.sources.entries()) {
    if (!source) continue;
    const place = preparedPath(job.directory, index, source);
    if (source.kind === 'secret') {
      write(place, source.content, 0o600);
      lchown(place, source.uid, source.gid);
      chmodSync(place, source.mode & 0o7777);
    } else {
      if (source.kind === 'directory') bindInside(source.root, source, place, scope);
      else stack(source, place, scope);
      if (source.points) makePoints(place, source.points);
    }
  }
  return scope.move();
}

function stack(
  { overlay, bottom, path }: Extract<PreparedSource, { kind: 'overlay' }>,
  place: string,
  scope: DisposableStack,
): void {
  const below = `${place}.bottom`;
  if (bottom) bindInside(bottom.root, { path: bottom.path, file: false }, below, scope);
  const root = path.length === 0 ? place : `${place}.stack`;
  make(root, scope);
  const lower = bottom ? [below, ...overlay.lower] : overlay.lower;
  scope.use(mountOverlay(root, { ...overlay, lower }));
  if (path.length > 0) bindInside(root, { path, file: false }, place, scope);
}

function bindInside(
  root: string,
  { path, file }: { readonly path: Buffer; readonly file: boolean },
  place: string,
  scope: DisposableStack,
): void {
  using inside = new InsideRoot(root);
  const fd = inside.open(path, O_PATH);
  try {
    const kind = fstatSync(fd).mode & FILE_TYPE;
    if (kind !== (file ? constants.S_IFREG : constants.S_IFDIR)) {
      throw new InvalidInputError(
        `${JSON.stringify(path.toString())} changed while it was mounted`,
      );
    }
    if (file) makeFile(place, scope);
    else make(place, scope);
    scope.use(bindMount(`/proc/self/fd/${fd}`, place));
  } finally {
    closeSync(fd);
  }
}

/** Links on the way are those of the mounted tree, and stay inside it. */
function makePoints(root: string, points: readonly NestedPoint[]): void {
  using inside = new InsideRoot(root);
  for (const { path, kind } of points) {
    const names = path.split('/').filter((name) => name !== '');
    for (let depth = 1; depth <= names.length; depth++) {
      const part = names.slice(0, depth).join('/');
      quietly(() => {
        if (depth < names.length || kind === 'directory') mkdirSync(inside.at(part), 0o755);
        else closeSync(openSync(inside.at(part), 'wx', 0o644));
      });
    }
  }
}

function quietly(body: () => void): void {
  try {
    body();
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}

function make(path: string, scope: DisposableStack): void {
  mkdirSync(path, 0o700);
  scope.defer(() => rmdirSync(path));
}

function makeFile(path: string, scope: DisposableStack): void {
  write(path, Buffer.alloc(0), 0o600);
  scope.defer(() => unlinkSync(path));
}

function write(path: string, content: Buffer, mode: number): void {
  const fd = openSync(path, 'wx', mode);
  try {
    writeAll(fd, content);
  } finally {
    closeSync(fd);
  }
}
