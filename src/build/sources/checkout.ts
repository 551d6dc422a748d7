import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { InvalidInputError } from '../../base/errors.ts';
import { breather } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import { setTimes } from '../../sys/times.ts';
import { FetchError } from './errors.ts';
import { accessTo, must, resolveCommit, withCommit, type GitCommit, type GitParts } from './git.ts';
import type { GitAccess, GitPlace } from './git-program.ts';
import { isFullCommit, parseGitUrl, type GitRef } from './git-url.ts';

/** Submodules in submodules; deeper is a mistake or a trap. */
const DEPTH = 10;
const LIST_LIMIT = 64 * 1024 * 1024;

/** A tree of a repository, checked out. */
export interface CheckedOut {
  /** When the commit was made, in seconds since the epoch. */
  readonly time: number;
}

/**
 * Checks a commit out into the new directory `into`, submodules included: files are 0644 or
 * 0755 whatever the umask is. Commits that were fetched before are not fetched again. Throws
 * FetchError.
 */
export async function checkOut(
  ref: GitRef,
  found: GitCommit,
  into: string,
  parts: GitParts,
  call: CallOptions,
): Promise<CheckedOut> {
  const time = await place(ref, found, into, parts, call, 0);
  await settle(into, ref.mtime === 'commit' ? BigInt(time) * 1_000_000_000n : undefined);
  return { time };
}

async function place(
  ref: GitRef,
  found: GitCommit,
  into: string,
  parts: GitParts,
  call: CallOptions,
  depth: number,
): Promise<number> {
  const { commit } = found;
  const bare = await withCommit(ref, found, parts, call);
  const access = await accessTo(ref, parts, call);
  mkdirSync(into, { recursive: true });
  const keep = ref.keepGitDir && depth === 0;
  const tree: GitPlace = keep
    ? { gitDir: `${into}/.git`, workTree: into }
    : { gitDir: bare, workTree: into, index: `${into}.index` };
  if (keep) await ownRepository(ref, found, bare, tree, access);
  await must(['read-tree', commit], tree, access);
  await must(['checkout-index', '-q', '-f', '-a'], tree, access);
  if (!keep) rmSync(`${into}.index`, { force: true });
  if (ref.submodules && existsSync(`${into}/.gitmodules`)) {
    if (depth >= DEPTH) throw new FetchError(`${ref.shown}: submodules are nested too deep`);
    const modules = await submodules(ref, commit, { gitDir: bare }, access);
    for (const { path, ref: module } of modules) {
      const below = `${into}/${path}`;
      if (!isDirectory(into, path)) continue;
      await place(module, await resolveCommit(module, parts, call), below, parts, call, depth + 1);
    }
  }
  const text = await must(['show', '-s', '--format=%ct', commit], { gitDir: bare }, access);
  return Number(text.toString().trim());
}

/** A `.git` that needs nothing of the store, and says nothing of it. */
async function ownRepository(
  ref: GitRef,
  { commit, refName }: GitCommit,
  bare: string,
  tree: GitPlace,
  access: GitAccess,
): Promise<void> {
  const { gitDir } = tree;
  const alone: GitPlace = { gitDir };
  await must(['init', '-q', '--template=', '--', tree.workTree ?? ''], { gitDir }, access);
  const quiet = ['fetch', '-q', '--no-tags', '--no-write-fetch-head', '--depth=1', '--'];
  await must([...quiet, `file://${bare}`, `refs/stave/${commit}:refs/fetched`], alone, access, {
    local: true,
  });
  const branch = refName?.startsWith('refs/heads/') === true ? refName : undefined;
  if (branch !== undefined) {
    await must(['update-ref', branch, commit], alone, access);
    await must(['update-ref', `refs/remotes/origin/${branch.slice(11)}`, commit], alone, access);
    writeFileSync(`${gitDir}/HEAD`, `ref: ${branch}\n`);
  } else {
    if (refName?.startsWith('refs/tags/') === true) {
      await must(['update-ref', refName, commit], alone, access);
    }
    writeFileSync(`${gitDir}/HEAD`, `${commit}\n`);
  }
  await must(['update-ref', '-d', 'refs/fetched'], alone, access);
  await must(['config', 'remote.origin.url', ref.remote], alone, access);
  const all = '+refs/heads/*:refs/remotes/origin/*';
  await must(['config', 'remote.origin.fetch', all], alone, access);
  rmSync(`${gitDir}/logs`, { recursive: true, force: true });
}

/** The submodules of a commit that it says the whereabouts of. */
async function submodules(
  parent: GitRef,
  commit: string,
  bare: GitPlace,
  access: GitAccess,
): Promise<{ path: string; ref: GitRef }[]> {
  const blob = ['config', '--blob', `${commit}:.gitmodules`, '-z', '--list'];
  const urls = new Map<string, string>();
  const names = new Map<string, string>();
  for (const item of (await must(blob, bare, access)).toString().split('\0')) {
    const [, name = '', key = '', value = ''] =
      /^submodule\.([^\n]*)\.(url|path)\n(.*)$/s.exec(item) ?? [];
    if (key === 'url') urls.set(name, value);
    if (key === 'path') names.set(value, name);
  }
  const found: { path: string; ref: GitRef }[] = [];
  const listed = await must(['ls-tree', '-r', '-z', '--full-tree', commit], bare, access);
  if (listed.length > LIST_LIMIT) throw new FetchError(`${parent.shown} has too many files`);
  for (const line of listed.toString().split('\0')) {
    const [, at = '', path = ''] = /^160000 commit ([0-9a-f]+)\t(.+)$/s.exec(line) ?? [];
    const url = urls.get(names.get(path) ?? '');
    if (path === '' || url === undefined || !isFullCommit(at)) continue;
    found.push({ path, ref: { ...moduleRef(parent, path, url), ref: at } });
  }
  return found;
}

/** Where a submodule is fetched from; `./` and `../` begin at its parent. */
function moduleRef(parent: GitRef, path: string, url: string): GitRef {
  const address = /^\.\.?\//.test(url) ? relative(parent.remote, url) : url;
  // A submodule's URL need not end in .git, and what looks like a fragment is none.
  const known = /[#?]/.test(address) ? undefined : parseGitUrl(address);
  const plain = known ?? parseGitUrl(`${address.replace(/\/+$/, '')}.git`);
  if (!plain || /[#?]/.test(address)) {
    throw new InvalidInputError(
      `${parent.shown}: the submodule ${JSON.stringify(path)} is at ${JSON.stringify(address)}, which is no repository on a network`,
    );
  }
  const sameHost =
    /^https?:/.test(plain.remote) &&
    /^https?:/.test(parent.remote) &&
    new URL(plain.remote).origin === new URL(parent.remote).origin;
  return {
    ...plain,
    remote: known ? plain.remote : plain.remote.replace(/\.git$/, ''),
    ...(sameHost &&
      plain.authorization === undefined &&
      parent.authorization !== undefined && { authorization: parent.authorization }),
  };
}

function relative(remote: string, url: string): string {
  let base = remote.replace(/\/+$/, '');
  let rest = url;
  for (;;) {
    if (rest.startsWith('./')) rest = rest.slice(2);
    else if (rest.startsWith('../')) {
      rest = rest.slice(3);
      base = base.replace(/[/:][^/:]*$/, '');
    } else return `${base}/${rest}`;
  }
}

/** True for a directory that no link leads to. */
function isDirectory(root: string, path: string): boolean {
  let at = root;
  return path.split('/').every((name) => {
    if (name === '' || name === '.' || name === '..') return false;
    at = `${at}/${name}`;
    return lstatSync(at, { throwIfNoEntry: false })?.isDirectory() === true;
  });
}

/** What git means by a mode: its objects may not be written to. */
function plainMode(mode: number): number {
  if ((mode & 0o200) === 0) return 0o444;
  return (mode & 0o100) === 0 ? 0o644 : 0o755;
}

/** Modes without the umask's share, and times where they are wanted. */
async function settle(root: string, mtime: bigint | undefined): Promise<void> {
  const breathe = breather();
  const todo = [Buffer.from(root)];
  const directories: Buffer[] = [];
  for (let at = todo.pop(); at; at = todo.pop()) {
    directories.push(at);
    for (const name of readdirSync(at, { encoding: 'buffer' })) {
      const path = Buffer.concat([at, Buffer.from('/'), name]);
      const stat = lstatSync(path);
      if (stat.isDirectory()) {
        todo.push(path);
        continue;
      }
      if (!stat.isSymbolicLink()) chmodSync(path, plainMode(stat.mode));
      if (mtime !== undefined) setTimes(path, mtime);
    }
    await breathe();
  }
  for (const directory of directories.reverse()) {
    chmodSync(directory, 0o755);
    if (mtime !== undefined) setTimes(directory, mtime);
  }
}
