import { createHash } from 'node:crypto';
import type { CallOptions } from '../../base/progress.ts';
import { InvalidInputError } from '../../base/errors.ts';
import { finish } from '../../oci/digest.ts';
import { FileList } from '../cache/file-list.ts';
import type { Fact } from '../cache/key.ts';
import { selectionDigest } from '../copy/select.ts';
import { whereIs } from '../copy/missing.ts';
import type { Source, TreeEntry } from '../copy/tree.ts';
import { SourceNotFoundError } from '../errors.ts';
import type { Contexts } from '../ops/recipe.ts';
import type { BindMount, CacheMount, ExecMount, MountOrigin } from '../exec-mount.ts';

/** A mount that shows or begins with files from somewhere. */
type Reading = BindMount | CacheMount;

/**
 * What mounts are by their definition. Ids and limits of caches, values of secrets and what
 * is in a cache count for nothing: they do not say what the step makes.
 */
export function mountFacts(mounts: readonly ExecMount[]): Fact[] {
  return mounts.map((mount) => ({
    kind: 'flag',
    name: `--mount ${mount.target ?? mount.type}`,
    value: JSON.stringify(definition(mount)),
    text: words(mount),
  }));
}

function definition(mount: ExecMount): unknown[] {
  const { type, target } = mount;
  switch (type) {
    case 'bind':
      return [type, target, mount.readonly, mount.source];
    case 'cache':
      return [type, target, mount.readonly, mount.source, mount.mode, mount.uid, mount.gid];
    case 'tmpfs':
      return [type, target];
    default: {
      const env = type === 'secret' ? mount.env : undefined;
      return [type, target, mount.id, env, mount.mode, mount.uid, mount.gid];
    }
  }
}

/** For people: what is written behind `--mount=`, without the target. */
function words(mount: ExecMount): string {
  const fields: Readonly<Record<string, string | boolean | undefined>> = {
    type: mount.type,
    ...('source' in mount && mount.source !== '/' && { source: mount.source }),
    ...('id' in mount && mount.type !== 'cache' && { id: mount.id }),
    ...('env' in mount && { env: mount.env }),
    ...(mount.type === 'bind' && !mount.readonly && { rw: true }),
    ...(mount.type === 'cache' && mount.readonly && { ro: true }),
    ...('mode' in mount && {
      mode: mount.mode.toString(8),
      uid: `${mount.uid}`,
      gid: `${mount.gid}`,
    }),
  };
  return Object.entries(fields)
    .map(([key, value]) => (value === true ? key : `${key}=${value}`))
    .join(',');
}

/** The mounts that read from origins of a kind. */
export function reading<K extends MountOrigin['kind']>(
  mounts: readonly ExecMount[],
  kind: K,
): (Reading & { readonly origin: Extract<MountOrigin, { kind: K }> })[] {
  return mounts.filter(
    (mount): mount is Reading & { readonly origin: Extract<MountOrigin, { kind: K }> } =>
      (mount.type === 'bind' || mount.type === 'cache') && mount.origin.kind === kind,
  );
}

/** What a mount shows, by its content: names, kinds, modes, owners and bytes, but no times. */
export async function contentFact(
  source: Source,
  mount: Reading,
  call: CallOptions,
): Promise<Fact> {
  call.signal?.throwIfAborted();
  const entry = sourceEntry(source, mount.source);
  const list = new FileList(source.ignoredBy);
  return {
    kind: 'mount',
    name: `${mount.type}:${mount.source}`,
    // Where it shows counts: two mounts may have each other's content.
    value: `${mount.target} ${entry ? await digest(source, entry, list) : 'empty'}`,
    list,
  };
}

/**
 * The file or directory that a mount is of; undefined for all of an empty root. Throws
 * SourceNotFoundError.
 */
export function sourceEntry(source: Source, path: string): TreeEntry | undefined {
  const entry = source.tree.find(path);
  if (entry?.kind === 'file' || entry?.kind === 'directory') return entry;
  if (entry) throw new InvalidInputError(`cannot mount "${path}": it is a ${entry.kind}`);
  if (path === '/') return undefined;
  throw new SourceNotFoundError(path, whereIs(source, path));
}

/** The context that a mount is of; undefined, which is empty, for all of one that is not there. */
export async function mountedContext(
  contexts: Contexts,
  name: string | undefined,
  path: string,
): Promise<Source | undefined> {
  const context = await contexts(name);
  return context ?? (path === '/' ? undefined : noContext(path));
}

/** Says that something is asked of a context that a build does not have. */
export function noContext(path: string): never {
  throw new InvalidInputError(`"${path}": not found: this build has no context`, {
    hint: 'Give a directory instead of - to build with a context.',
  });
}

async function digest(source: Source, entry: TreeEntry, list: FileList): Promise<string> {
  const hash = createHash('sha256');
  // A context's own directory is wherever it was checked out: its mode says nothing.
  if (entry.kind === 'directory' && (entry.path.length > 1 || source.keepOwners)) {
    const { mode, uid, gid } = entry.stat;
    const owner = source.keepOwners ? `${uid}:${gid}` : '0:0';
    hash.update(`${(mode & 0o7777n).toString(8)} ${owner}\0`);
  }
  hash.update(await selectionDigest(source, [{ entry, name: Buffer.alloc(0) }], undefined, list));
  return finish(hash);
}
