import { constants, lstatSync, openSync } from 'node:fs';
import type { CallOptions } from '../../base/progress.ts';
import type { HttpClient } from '../../net/request.ts';
import type { ProxySettings } from '../../net/proxy.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Lease, Store } from '../../store/store.ts';
import type { BuildInput } from '../build-input.ts';
import type { Selected } from '../copy/select.ts';
import { privateSource } from '../copy/stack-source.ts';
import type { Vertex } from '../graph.ts';
import type { Source, TreeEntry } from '../copy/tree.ts';
import { SourceNotFoundError } from '../errors.ts';
import type { GitCommit, GitParts } from './git.ts';
import type { GitRef } from './git-url.ts';
import type { FetchedFile, HttpParts } from './http.ts';
import type { HttpRef, RemoteRef } from './remote.ts';
import type { Secrets } from './secrets.ts';

/** What reading from elsewhere works with. */
export interface RemoteParts {
  readonly store: Store;
  readonly lease: () => Lease;
  readonly proxy: ProxySettings;
  readonly secrets: Secrets;
  /** The socket of an agent, or files of private keys, for repositories that ssh leads to. */
  readonly ssh: readonly string[] | undefined;
}

/** {@link RemoteParts} for a build. */
export function remoteParts(
  input: Pick<BuildInput, 'proxy' | 'run'>,
  store: Store,
  lease: () => Lease,
): RemoteParts {
  const { secrets = new Map<string, Uint8Array>(), ssh } = input.run ?? {};
  return { store, lease, proxy: input.proxy ?? {}, secrets, ssh: ssh?.get('default') };
}

/** A tree that was fetched. */
export interface RemoteTree {
  /** A directory that only this build knows. */
  readonly directory: string;
  readonly source: Source;
  /** What is asked for: the tree's root, or a directory in it. */
  readonly root: TreeEntry;
  /** When the commit was made, in seconds since the epoch. */
  readonly time: number;
}

/** Everything that a build reads over a network: looked up once, fetched when it is read. */
export class RemoteSources implements AsyncDisposable {
  readonly #parts: RemoteParts;
  readonly #files = new Map<string, Promise<FetchedFile>>();
  readonly #commits = new Map<string, Promise<GitCommit>>();
  readonly #trees = new Map<string, Promise<RemoteTree>>();
  readonly #scope = new AsyncDisposableStack();
  readonly #stop = new AbortController();
  readonly #ahead: Promise<unknown>[] = [];
  #client: HttpClient | undefined;
  #agent: Promise<string | undefined> | undefined;

  constructor(parts: RemoteParts) {
    this.#parts = parts;
  }

  /**
   * Asks already now, and at the same time, for all that steps and those below them read from
   * elsewhere: their keys will want to know, one after the other. Failures are theirs to see.
   */
  begin(targets: readonly (Vertex | undefined)[], call: CallOptions): void {
    const seen = new Set<Vertex>();
    const todo = targets.filter((target) => target !== undefined);
    const signals = call.signal ? [call.signal, this.#stop.signal] : [this.#stop.signal];
    const ahead = { ...call, signal: AbortSignal.any(signals) };
    for (let at = todo.pop(); at; at = todo.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      todo.push(...(at.base ? [at.base] : []), ...at.inputs);
      if (at.op.kind !== 'copy') continue;
      for (const { ref } of at.op.remotes ?? []) {
        this.#ahead.push(this.identity(ref, ahead).catch(() => {}));
      }
    }
  }

  /** What a cache key says of it: the digest of a file, the commit of a tree. */
  async identity(ref: RemoteRef, call: CallOptions): Promise<string> {
    if (ref.kind === 'http') return `${ref.name} ${(await this.#file(ref, call)).digest}`;
    const { commit } = await this.commit(ref, call);
    return [
      commit,
      ...(ref.subdir === undefined ? [] : [`subdir ${ref.subdir}`]),
      ...(ref.submodules ? [] : ['without submodules']),
      ...(ref.mtime === 'commit' ? ['with the time of the commit'] : []),
      ...(ref.keepGitDir ? [`with .git of ${ref.remote} ${ref.ref ?? ''}`] : []),
    ].join(' ');
  }

  /** The file or the tree, to be copied. Its bytes are in the store, or in the build's scratch, now. */
  async selected(
    ref: RemoteRef,
    call: CallOptions,
  ): Promise<{ readonly source: Source; readonly selected: readonly Selected[] }> {
    if (ref.kind === 'git') {
      const { source, root } = await this.tree(ref, call);
      return { source, selected: [{ entry: root, name: Buffer.alloc(0) }] };
    }
    const { path, digest, lastModified = 0 } = await this.file(ref, call);
    const name = Buffer.from(ref.name);
    const entry: TreeEntry = {
      path: Buffer.concat([Buffer.from('/'), name]),
      file: Buffer.from(path),
      stat: Object.assign(lstatSync(path, { bigint: true }), {
        mode: 0o100600n,
        uid: 0n,
        gid: 0n,
        nlink: 1n,
        mtimeMs: BigInt(lastModified),
        mtimeNs: BigInt(lastModified) * 1_000_000n,
      }),
      kind: 'file',
    };
    return { source: fileSource(digest), selected: [{ entry, name }] };
  }

  /** A file's bytes as a file in the store that nobody may change. */
  async file(ref: HttpRef, call: CallOptions): Promise<FetchedFile & { readonly path: string }> {
    const found = await this.#file(ref, call);
    const { bring } = await import('./http.ts');
    const file = await bring(ref, found, await this.#http(), call);
    return { ...file, path: this.#parts.store.paths.blob(file.digest) };
  }

  /** What a git reference leads to. */
  commit(ref: GitRef, call: CallOptions): Promise<GitCommit> {
    return once(this.#commits, JSON.stringify(ref), async () => {
      const { resolveCommit } = await import('./git.ts');
      return await resolveCommit(ref, this.#git(), call);
    });
  }

  /** The tree of a git reference, checked out. Throws SourceNotFoundError without such a directory. */
  tree(ref: GitRef, call: CallOptions): Promise<RemoteTree> {
    const key = JSON.stringify(ref);
    const number = this.#trees.size;
    return once(this.#trees, key, async () => {
      const commit = await this.commit(ref, call);
      const { checkOut } = await import('./checkout.ts');
      const directory = `${this.#parts.lease().directory}/git-${number}`;
      const { time } = await checkOut(ref, commit, directory, this.#git(), call);
      // A directory of the tree is all there is: its parent's .git is no part of it.
      const whole = privateSource(directory, { owners: false });
      if (ref.subdir === undefined) {
        return { directory, source: whole, root: whole.tree.find('/')!, time };
      }
      const inside = whole.tree.find(`/${ref.subdir}`);
      if (inside?.kind !== 'directory') throw new SourceNotFoundError(ref.shown);
      const below = inside.file.toString();
      const source = privateSource(below, { owners: false });
      return { directory: below, source, root: source.tree.find('/')!, time };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#ahead);
    await this.#scope.disposeAsync();
  }

  #file(ref: HttpRef, call: CallOptions): Promise<FetchedFile> {
    return once(this.#files, JSON.stringify(ref), async () => {
      const { lookUp } = await import('./http.ts');
      return await lookUp(ref, await this.#http(), call);
    });
  }

  #git(): GitParts {
    const { store, lease, secrets, proxy } = this.#parts;
    return { store, lease, secrets, proxy, sshAgent: () => (this.#agent ??= this.#serve()) };
  }

  async #serve(): Promise<string | undefined> {
    const { ssh, lease } = this.#parts;
    if (!ssh) return undefined;
    const { agentSource } = await import('../mounts/ssh.ts');
    const source = agentSource(ssh);
    if ('socket' in source) return source.socket;
    const { serveAgent } = await import('../ssh/agent.ts');
    const own = { mode: 0o600, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    return this.#scope.use(await serveAgent(lease().directory, source, own)).path;
  }

  /** What speaks HTTP is loaded when the first URL is met. */
  async #http(): Promise<HttpParts> {
    const { store, lease, secrets, proxy } = this.#parts;
    const { openClient } = await import('../../net/request.ts');
    return {
      store,
      lease,
      secrets,
      client: () => (this.#client ??= this.#scope.use(openClient({ proxy }))),
    };
  }
}

function once<T>(known: Map<string, Promise<T>>, key: string, job: () => Promise<T>): Promise<T> {
  let found = known.get(key);
  if (!found) known.set(key, (found = job()));
  return found;
}

/** One file of the store, whose digest is known. */
function fileSource(digest: Digest): Source {
  return {
    tree: { find: () => undefined, list: () => [], readlink: () => Buffer.alloc(0) },
    keepOwners: true,
    contentDigest: () => digest,
    open: ({ file }) => openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW),
    xattrs: () => new Map(),
  };
}
