import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { InvalidInputError, isErrno } from '../base/errors.ts';
import { setTimes } from '../sys/times.ts';
import { setXattr } from '../sys/xattr.ts';
import { layerXattrs } from './attributes.ts';
import { quoted } from './errors.ts';
import { components } from './names.ts';
import type { StackEntry, StackView } from './stack-view.ts';
import { lchown } from '../sys/owner.ts';

/** Where something will be mounted, as the user names it inside the image. */
export interface MountTarget {
  readonly path: string;
  /** What the mount will make of it: a file can be mounted on files only. */
  readonly kind: 'file' | 'directory';
}

/** What {@link stubMountPoints} found and made. */
export interface MountPoints {
  /** The targets in the order given, with all links resolved. */
  readonly resolved: string[];
  /** False when all targets exist in the image: then the directory need not be stacked. */
  readonly made: boolean;
}

/**
 * Makes places to mount on that the image does not have, outside of it: in the directory
 * `into` (made if need be), to be stacked on top of the image's layers. Directories that the
 * image has come with their metadata, so that the stack looks as before but for the stubs;
 * and nothing of them gets into a layer. Links are resolved inside the image.
 *
 * Throws InvalidInputError when a file is where a directory is needed, or the other way round.
 */
export function stubMountPoints(
  view: StackView,
  targets: readonly MountTarget[],
  into: string,
): MountPoints {
  const root = Buffer.from(into);
  const made = new Map<string, StackEntry | undefined>();
  let stubs = 0;
  const resolved = targets.map(({ path, kind }) => {
    // The slash asks for what a last link points to, as mount(2) does.
    const place = view.place(`${path}/`);
    if (place.existing) {
      checkKind(path, kind, place.existing);
    } else if (place.path.length > 1) {
      stub(view, place.path, kind, root, made);
      stubs += 1;
    }
    return place.path.toString();
  });
  if (!made.has('')) makeDirectory(root, view.find('/'), made, '');
  // Last, because whatever is made in a directory changes its times.
  for (const [path, like] of made) if (like) copyMetadata(like, inside(root, path));
  return { resolved, made: stubs > 0 };
}

function checkKind(path: string, kind: MountTarget['kind'], existing: StackEntry): void {
  if ((existing.kind === 'directory') === (kind === 'directory')) return;
  const what = kind === 'directory' ? 'a directory onto a file' : 'a file onto a directory';
  throw new InvalidInputError(`cannot mount ${what}: ${quoted(Buffer.from(path))}`);
}

function stub(
  view: StackView,
  target: Buffer,
  kind: MountTarget['kind'],
  root: Buffer,
  made: Map<string, StackEntry | undefined>,
): void {
  const names = components(target);
  let path = '';
  for (const [index, name] of ['', ...names.map((part) => part.toString('latin1'))].entries()) {
    path = index < 2 ? name : `${path}/${name}`;
    if (made.has(path)) continue;
    const last = index === names.length;
    if (last && kind === 'file') makeFile(inside(root, path));
    else {
      const like = view.find(Buffer.from(`/${path}`, 'latin1'), { followLast: false });
      makeDirectory(inside(root, path), like, made, path);
    }
  }
}

function makeDirectory(
  place: Buffer,
  like: StackEntry | undefined,
  made: Map<string, StackEntry | undefined>,
  path: string,
): void {
  try {
    mkdirSync(place);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  chmodSync(place, 0o755);
  made.set(path, like);
}

function makeFile(place: Buffer): void {
  closeSync(openSync(place, 'a', 0o644));
}

function copyMetadata({ file, stat }: StackEntry, place: Buffer): void {
  lchown(place, Number(stat.uid), Number(stat.gid));
  chmodSync(place, Number(stat.mode) & 0o7777);
  for (const [name, value] of layerXattrs(file)) setXattr(place, name, value);
  setTimes(place, stat.mtimeNs);
}

/** `path` as latin1, which keeps every byte. */
function inside(root: Buffer, path: string): Buffer {
  return Buffer.concat([root, Buffer.from(path === '' ? '' : `/${path}`, 'latin1')]);
}
