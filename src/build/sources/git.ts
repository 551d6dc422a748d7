import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import type { ProxySettings } from '../../net/proxy.ts';
import { lockFile, type Lock } from '../../sys/lock.ts';
import type { Lease, Store } from '../../store/store.ts';
import { FetchError } from './errors.ts';
import { git, gitError, type GitAccess, type GitPlace } from './git-program.ts';
import { isFullCommit, type GitRef } from './git-url.ts';
import { authorizationFor, type Secrets } from './secrets.ts';

/** What fetching from repositories works with. */
export interface GitParts {
  readonly store: Store;
  readonly lease: () => Lease;
  readonly secrets: Secrets;
  readonly proxy: ProxySettings;
  /** The socket of an agent, where the build was given keys. */
  readonly sshAgent: () => Promise<string | undefined>;
}

/** What a ref leads to. */
export interface GitCommit {
  /** In full. */
  readonly commit: string;
  /** The full name of the ref; absent when a commit was asked for. */
  readonly refName?: string;
}

/** How long to wait before looking again whether another build is done with a repository, in ms. */
const LOCK_PAUSE = 50;

/** The commit that a reference means; for a full commit nothing is asked. Throws FetchError. */
export async function resolveCommit(
  ref: GitRef,
  parts: GitParts,
  call: CallOptions,
): Promise<GitCommit> {
  const found = await resolved(ref, parts, call);
  if (ref.commit === undefined || found.commit.startsWith(ref.commit)) return found;
  throw new FetchError(`${ref.shown} leads to the commit ${found.commit}, expected ${ref.commit}`, {
    hint: 'The branch or tag was moved; nothing of it was used.',
  });
}

async function resolved(ref: GitRef, parts: GitParts, call: CallOptions): Promise<GitCommit> {
  if (ref.byCommit && ref.commit !== undefined) return { commit: ref.commit };
  if (ref.ref !== undefined && isFullCommit(ref.ref.toLowerCase())) {
    return { commit: ref.ref.toLowerCase() };
  }
  const { ref: name = 'HEAD' } = ref;
  const names = namesFor(name);
  const access = await accessTo(ref, parts, call);
  const end = await git(
    ['ls-remote', '--symref', '--', ref.remote, ...names],
    { gitDir: '/nonexistent' },
    access,
  );
  if (end.code !== 0) throw gitError(`cannot read ${ref.shown}`, end, signInHint(ref, end.stderr));
  const found = new Map<string, string>();
  let head: string | undefined;
  for (const line of end.stdout.toString().split('\n')) {
    const [value = '', refName = ''] = line.split('\t');
    if (value.startsWith('ref: ') && refName === 'HEAD') head = value.slice(5);
    else if (isFullCommit(value)) found.set(refName, value);
  }
  const hit = names.find((one) => found.has(one));
  const commit = hit === undefined ? undefined : found.get(hit);
  if (hit === undefined || commit === undefined) {
    throw new FetchError(
      name === 'HEAD'
        ? `${ref.shown}: the repository is empty`
        : `${ref.shown}: the repository has no branch, tag or ref ${JSON.stringify(name)}`,
      /^[0-9a-f]{7,39}$/.test(name) ? { hint: 'A commit has to be written in full.' } : {},
    );
  }
  const refName = hit === 'HEAD' ? head : hit.replace(/\^\{\}$/, '');
  return { commit, ...(refName !== undefined && { refName }) };
}

/** Full names that a short one may stand for, the likeliest first; `^{}` is what a tag points at. */
function namesFor(name: string): readonly string[] {
  if (name === 'HEAD') return ['HEAD'];
  const full = name.startsWith('refs/')
    ? [name]
    : [`refs/heads/${name}`, `refs/tags/${name}`, `refs/${name}`];
  return full.flatMap((one) => (one.startsWith('refs/tags/') ? [`${one}^{}`, one] : [one]));
}

/** The bare repository that a remote's commits are kept in, with the commit in it; held by the lease. */
export async function withCommit(
  ref: GitRef,
  { commit, refName }: GitCommit,
  parts: GitParts,
  call: CallOptions,
): Promise<string> {
  const { store } = parts;
  const key = createHash('sha256').update(ref.remote).digest('hex');
  const gitDir = `${store.paths.git}/${key}`;
  parts.lease().hold('git', key);
  mkdirSync(gitDir, { recursive: true, mode: 0o700 });
  using _lock = await locked(`${gitDir}/stave.lock`, call.signal);
  // Nobody else is here: these are of a git that was killed.
  for (const name of ['shallow', 'packed-refs', 'config', 'HEAD', `refs/stave/${commit}`]) {
    rmSync(`${gitDir}/${name}.lock`, { force: true });
  }
  const place: GitPlace = { gitDir };
  const access = await accessTo(ref, parts, call);
  if (!existsSync(`${gitDir}/HEAD`)) {
    await must(['init', '-q', '--bare', '--template=', gitDir], place, access);
  }
  const kept = `refs/stave/${commit}`;
  const has = async (name: string): Promise<boolean> =>
    (await git(['rev-parse', '-q', '--verify', `${name}^{commit}`], place, access)).code === 0;
  if (!(await has(kept))) {
    using task = reporter(call.progress).begin(`${ref.shown} ${commit}`, { kind: 'transfer' });
    const quiet = ['fetch', '-q', '--no-tags', '--no-write-fetch-head', '--force'];
    const only = await git(
      [...quiet, '--depth=1', '--', ref.remote, `${commit}:${kept}`],
      place,
      access,
    );
    if (only.code !== 0) {
      // Not every server gives out what it is asked for by its hash, or parts of a history.
      const whole = existsSync(`${gitDir}/shallow`) ? ['--unshallow'] : [];
      const refs = ['heads/*', 'tags/*'].map((one) => `refs/${one}:refs/remote/${one}`);
      if (refName !== undefined) refs.push(`${refName}:refs/remote/asked`);
      const all = await git([...quiet, ...whole, '--', ref.remote, ...refs], place, access);
      if (all.code !== 0) {
        throw gitError(`cannot read ${ref.shown}`, all, signInHint(ref, all.stderr));
      }
      if (!(await has(commit))) {
        throw new FetchError(`${ref.shown}: the repository has no commit ${commit}`);
      }
      await must(['update-ref', kept, commit], place, access);
    }
    task.outcome = 'done';
  }
  const usedAt = store.clock.now().getTime();
  store.note(({ sources }) => sources.put({ key, kind: 'git', value: ref.remote, usedAt }));
  return gitDir;
}

/** How a repository may be asked: with the URL's own credentials, else with the build's secrets. */
export async function accessTo(
  ref: Pick<GitRef, 'remote' | 'authorization'>,
  parts: GitParts,
  call: CallOptions,
): Promise<GitAccess> {
  const authorization = new Map<string, string>();
  if (/^https?:/.test(ref.remote)) {
    const { origin, host } = new URL(ref.remote);
    const header = ref.authorization ?? authorizationFor(parts.secrets, 'GIT_AUTH', host);
    if (header !== undefined) authorization.set(`${origin}/`, header);
  }
  // Whoever speaks HTTP needs no keys.
  const sshAgent = /^(?:https?|git):/.test(ref.remote) ? undefined : await parts.sshAgent();
  return { proxy: parts.proxy, sshAgent, authorization, signal: call.signal };
}

/** Runs git where only a bug or a damaged repository can make it fail. */
export async function must(
  args: readonly string[],
  place: GitPlace,
  access: GitAccess,
  options: { readonly local?: boolean } = {},
): Promise<Buffer> {
  const end = await git(args, place, access, options);
  if (end.code === 0) return end.stdout;
  throw gitError(
    `git ${args[0]} failed`,
    end,
    "'stave builder prune' removes fetched repositories.",
  );
}

/** Other builds may work on the same repository; unlike a wait in the kernel this one can be ended. */
async function locked(path: string, signal: AbortSignal | undefined): Promise<Lock> {
  for (;;) {
    signal?.throwIfAborted();
    const lock = lockFile(path, { exclusive: true, wait: false });
    if (lock) return lock;
    await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE));
  }
}

function signInHint({ remote }: GitRef, stderr: string): string | undefined {
  if (!/could not read Username|Authentication failed|terminal prompts disabled/.test(stderr)) {
    return undefined;
  }
  return `A secret with the id GIT_AUTH_TOKEN can sign in at ${new URL(remote).host}.`;
}
