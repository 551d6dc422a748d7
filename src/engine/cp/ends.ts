import { constants } from 'node:fs';
import { posix } from 'node:path';
import { CopyError, NoSuchPathError, NotADirectoryError } from './errors.ts';
import type { Found, Trail, Tree } from './tree.ts';

const { S_IFDIR, S_IFREG } = constants;

/** How an end of a copy speaks of what is wrong with it. */
export interface EndMessages {
  /** Something is not there. */
  readonly missing: (path: string) => CopyError;
  /** The directory in which something would be made is not there. */
  readonly missingParent: (path: string) => CopyError;
  /** It is neither a file nor a directory. */
  readonly irregular: (path: string) => CopyError;
}

/** What is copied. */
export interface SourceEnd {
  readonly found: Found;
  /** Its name; `.` where its content alone is meant. */
  readonly name: string;
  readonly isDirectory: boolean;
}

/** Where it goes: a directory, and the name in it. */
export interface TargetEnd {
  readonly base: Trail;
  readonly name: string;
}

/** Finds what is to be copied. Throws CopyError, NotADirectoryError. */
export function sourceEnd(
  tree: Tree,
  path: string,
  follow: boolean,
  messages: EndMessages,
): SourceEnd {
  let found: Found;
  try {
    found = tree.find(Buffer.from(path), { follow });
  } catch (error) {
    if (error instanceof NoSuchPathError) throw messages.missing(path);
    throw error;
  }
  if (!found.node) {
    found[Symbol.dispose]();
    throw messages.missing(path);
  }
  const base = posix.basename(posix.resolve('/', path));
  const isContent = base === '' || found.name === undefined || /(?:^|\/)\.$/.test(path);
  return { found, name: isContent ? '.' : base, isDirectory: found.node.kind === S_IFDIR };
}

/**
 * Finds where a source comes to lie, by the rules of `docker cp`: in a directory that is there
 * under its own name, else under the name that was given. Throws CopyError.
 *
 * @see https://docs.docker.com/reference/cli/docker/container/cp/#corresponding-local-files
 */
export function targetEnd(
  tree: Tree,
  path: string,
  source: Pick<SourceEnd, 'name' | 'isDirectory'>,
  messages: EndMessages,
): TargetEnd {
  const wantsDirectory = /(?:^|\/)\.?$/.test(path);
  using found = findTarget(tree, path, source.isDirectory, messages);
  if (found.node?.kind === S_IFDIR) return { base: tree.into(found), name: source.name };
  if (found.node && source.isDirectory) throw new CopyError('cannot copy directory');
  if (wantsDirectory && !source.isDirectory) throw new CopyError('no such directory');
  if (found.node && found.node.kind !== S_IFREG) throw messages.irregular(path);
  return { base: tree.copy(found.trail), name: (found.name ?? Buffer.from('.')).toString() };
}

/** A directory that is there, for what a tar holds. Throws CopyError. */
export function targetDirectory(tree: Tree, path: string, missing: () => CopyError): Trail {
  try {
    using found = tree.find(Buffer.from(path), { follow: true });
    if (found.node?.kind !== S_IFDIR) throw missing();
    return tree.into(found);
  } catch (error) {
    if (error instanceof NoSuchPathError || error instanceof NotADirectoryError) throw missing();
    throw error;
  }
}

function findTarget(tree: Tree, path: string, isDirectory: boolean, messages: EndMessages): Found {
  try {
    return tree.find(Buffer.from(path), { follow: true });
  } catch (error) {
    if (error instanceof NoSuchPathError) {
      throw messages.missingParent(posix.dirname(posix.resolve('/', path)));
    }
    if (!(error instanceof NotADirectoryError)) throw error;
    throw new CopyError(isDirectory ? 'cannot copy directory' : 'no such directory');
  }
}
