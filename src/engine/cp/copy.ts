import { closeSync, constants, openSync, readSync } from 'node:fs';
import { batchedSink } from '../../base/batched-sink.ts';
import type { Bytes } from '../../base/bytes.ts';
import { DiskFullError, isErrno } from '../../base/errors.ts';
import { breather } from '../../base/limit.ts';
import { readTar } from '../../layer/tar-reader.ts';
import { encodeHeader, padding, TRAILER } from '../../layer/tar-writer.ts';
import { resolveUser } from '../../runtime/user.ts';
import { isForeign } from '../../snapshot/attributes.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';
import { plain } from '../../transport/plain.ts';
import type { PouredArchive } from '../archive-types.ts';
import { findContainer } from '../containers/find.ts';
import type { Container } from '../containers/record.ts';
import { tell } from '../containers/tell.ts';
import type { ContainerPath, CopyFilesOptions } from '../cp-types.ts';
import { type EndMessages, sourceEnd, targetDirectory, targetEnd } from './ends.ts';
import { CopyError } from './errors.ts';
import { type Member, members } from './members.ts';
import { containerTree, machineTree } from './open-tree.ts';
import { Placement, type PlaceOptions } from './place.ts';
import type { Tree } from './tree.ts';

/** What copying needs. */
export interface CopyParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
}

const BLOCK = 512;
/** A larger file of users is none. */
const USERS_LIMIT = 10 * 1024 * 1024;

/** See {@link CopyFiles.from}. */
export async function copyFrom(
  parts: CopyParts,
  { container: name, path }: ContainerPath,
  target: string,
  options: CopyFilesOptions,
): Promise<number> {
  const container = findContainer(parts.store, name);
  return guarded(container, path, target, async () => {
    const { tree, check } = containerTree(parts, container, { write: false });
    using _ = tree;
    const source = sourceEnd(tree, path, options.follow === true, inContainer(name));
    using found = source.found;
    using machine = machineTree();
    const place = targetEnd(machine, target, source, ON_MACHINE);
    using base = place.base;
    using placement = new Placement(machine, base, {
      owner: options.archive === true ? 'theirs' : 'mine',
      follow: false,
      readonlyError: () => new CopyError(`${target} may only be read`),
    });
    const all = members(tree, originOf(found), Buffer.from(place.name));
    const size = await placeAll(placement, all, options);
    check();
    note(parts.store, container, 'archive-path');
    return size;
  });
}

/** See {@link CopyFiles.tarFrom}. */
export function tarFrom(
  parts: CopyParts,
  { container: name, path }: ContainerPath,
  options: CopyFilesOptions,
): PouredArchive {
  const container = findContainer(parts.store, name);
  const follow = options.follow === true;
  const { tree, check } = containerTree(parts, container, { write: false });
  const source = sourceEnd(tree, path, follow, inContainer(name));
  const { found } = source;
  const shown = follow && source.name !== '.' ? (found.name?.toString() ?? '.') : source.name;
  return {
    async pour(sink) {
      using _ = tree;
      using _found = found;
      const { write, flush } = batchedSink(sink);
      const pause = breather();
      for (const { entry, content } of members(tree, originOf(found), Buffer.from(shown))) {
        options.signal?.throwIfAborted();
        write(encodeHeader(entry));
        for await (const piece of content) write(piece);
        if (entry.size > 0) write(padding(entry.size));
        const rest = pause();
        if (rest) await rest;
      }
      write(TRAILER);
      flush();
      check();
      note(parts.store, container, 'archive-path');
    },
  };
}

/** See {@link CopyFiles.into}. */
export async function copyInto(
  parts: CopyParts,
  source: string,
  { container: name, path }: ContainerPath,
  options: CopyFilesOptions,
): Promise<number> {
  const container = findContainer(parts.store, name);
  return guarded(container, path, path, async () => {
    using machine = machineTree();
    const from = sourceEnd(machine, source, options.follow === true, ON_MACHINE);
    using found = from.found;
    const { tree, check } = containerTree(parts, container, { write: true });
    using _ = tree;
    const place = targetEnd(tree, path, from, inContainer(name));
    using base = place.base;
    using placement = new Placement(tree, base, placeOptions(tree, container, path, options));
    const all = members(machine, originOf(found), Buffer.from(place.name));
    const size = await placeAll(placement, all, options);
    check();
    note(parts.store, container, 'extract-to-dir');
    return size;
  });
}

/** See {@link CopyFiles.tarInto}. */
export async function tarInto(
  parts: CopyParts,
  tar: Bytes,
  { container: name, path }: ContainerPath,
  options: CopyFilesOptions,
): Promise<void> {
  const container = findContainer(parts.store, name);
  await guarded(container, path, path, async () => {
    const { tree, check } = containerTree(parts, container, { write: true });
    using _ = tree;
    using base = targetDirectory(
      tree,
      path,
      () => new CopyError(`destination "${name}:${path}" must be a directory`),
    );
    using placement = new Placement(tree, base, placeOptions(tree, container, path, options));
    await placeAll(placement, membersOf(tar), options);
    check();
    note(parts.store, container, 'extract-to-dir');
  });
}

async function* membersOf(tar: Bytes): AsyncGenerator<Member, void> {
  for await (const { entry, body } of readTar(await plain(tar))) {
    const xattrs = [...entry.xattrs].filter(
      ([name]) => !isForeign(name) && !name.startsWith('trusted.'),
    );
    yield { entry: { ...entry, xattrs: new Map(xattrs) }, content: body };
  }
}

async function placeAll(
  placement: Placement,
  all: Iterable<Member> | AsyncIterable<Member>,
  { signal }: CopyFilesOptions,
): Promise<number> {
  const pause = breather();
  let size = TRAILER.length;
  for await (const member of all) {
    signal?.throwIfAborted();
    await placement.add(member);
    size += BLOCK + Math.ceil(member.entry.size / BLOCK) * BLOCK;
    const rest = pause();
    if (rest) await rest;
  }
  placement.finish();
  return size;
}

function originOf(found: ReturnType<typeof sourceEnd>['found']): Parameters<typeof members>[1] {
  const { node, name, trail } = found;
  if (!node) throw new Error('a source that is not there');
  return { node, ...(name && { parent: trail.top, name }) };
}

function placeOptions(
  tree: Tree,
  container: Container,
  path: string,
  { archive }: CopyFilesOptions,
): PlaceOptions {
  const user = archive === true ? (container.record.config.User ?? '') : '';
  return {
    owner: user === '' ? 'theirs' : userIn(tree, user),
    follow: true,
    readonlyError: () => readonlyError(container, path),
  };
}

function userIn(tree: Tree, user: string): { readonly uid: number; readonly gid: number } {
  const { uid, gid } = resolveUser(
    user,
    contentOf(tree, '/etc/passwd'),
    contentOf(tree, '/etc/group'),
  );
  return { uid, gid };
}

/** A small file of a tree; undefined when there is none. */
function contentOf(tree: Tree, path: string): Buffer | undefined {
  try {
    using found = tree.find(Buffer.from(path), { follow: true });
    if (found.node?.kind !== constants.S_IFREG) return undefined;
    const size = Math.min(Number(found.node.stat.size), USERS_LIMIT);
    const fd = openSync(`/proc/self/fd/${found.node.fd}`, constants.O_RDONLY);
    try {
      const content = Buffer.alloc(size);
      return content.subarray(0, readSync(fd, content, 0, size, 0));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof CopyError || isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function readonlyError({ record }: Container, path: string): CopyError {
  const inside = `${path.startsWith('/') ? '' : '/'}${path}/`;
  const mount = record.mounts
    .filter(({ target }) => inside.startsWith(`${target}/`))
    .toSorted((a, b) => b.target.length - a.target.length)[0];
  return new CopyError(
    mount ? 'mounted volume is marked read-only' : 'container rootfs is marked read-only',
  );
}

function inContainer(container: string): EndMessages {
  const missing = (path: string): CopyError =>
    new CopyError(`Could not find the file ${path} in container ${container}`, { httpStatus: 404 });
  return {
    missing,
    missingParent: missing,
    irregular: (path) =>
      new CopyError(`destination "${container}:${path}" must be a directory or a regular file`),
  };
}

const ON_MACHINE: EndMessages = {
  missing: (path) => new CopyError(`lstat ${path}: no such file or directory`),
  missingParent: (path) =>
    new CopyError(`invalid output path: directory ${JSON.stringify(path)} does not exist`),
  irregular: (path) =>
    new CopyError(
      `invalid output path: ${JSON.stringify(path)} must be a directory or a regular file`,
    ),
};

/** Gives what the kernel refuses a name. */
async function guarded<T>(
  container: Container,
  inside: string,
  target: string,
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (isErrno(error, 'ENOSPC', 'EDQUOT')) throw new DiskFullError(target, error);
    if (isErrno(error, 'EROFS')) throw readonlyError(container, inside);
    if (isErrno(error, ...REFUSALS) && error instanceof Error) {
      throw new CopyError(`cannot copy to ${target}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

const REFUSALS = [
  'EACCES',
  'EBUSY',
  'EEXIST',
  'EINVAL',
  'EIO',
  'EISDIR',
  'ELOOP',
  'EMFILE',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOTDIR',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EPERM',
  'ETXTBSY',
  'EXDEV',
];

function note(store: Store, { id }: Container, action: 'archive-path' | 'extract-to-dir'): void {
  store.note((tables) => {
    const row = tables.containers.get(id);
    if (row) tell(tables, action, row, store.clock.now().getTime());
  });
}
