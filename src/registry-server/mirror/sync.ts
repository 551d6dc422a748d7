import { once } from '../../base/bytes.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { RemoteNotFoundError } from '../../registry/errors.ts';
import { RegistrySource } from '../../registry/registry-source.ts';
import type { Repository } from '../../registry/repository.ts';
import { copy } from '../../transport/copy.ts';
import type { Source } from '../../transport/transport.ts';
import { childrenOf, isIndex, isParent } from '../../transport/children.ts';
import { anyPattern } from '../maintenance/patterns.ts';
import { isRepositoryName, isTag } from '../names.ts';
import type { RegistryStorage } from '../storage.ts';
import { reasonOf } from './failure.ts';
import { StorageDestination, SyncError } from './storage-destination.ts';
import type { SyncRow } from './sync-row.ts';
import type { SyncSettings } from './sync-settings.ts';
import type { Upstream } from './upstream.ts';
import { newestOf } from './versions.ts';

/** What a job works with. */
export interface SyncParts {
  readonly upstream: Upstream;
  readonly storage: RegistryStorage;
  /** Nothing is copied or removed: rows say what would be. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** True for repositories that are read through: nothing is copied there. */
  readonly isMirrored: (repository: string) => boolean;
}

/** Names that older tools give what they say about a manifest. */
const ABOUT = /^sha256-[0-9a-f]{64}\.(?:sig|att|sbom)$/;
/** Tags of a repository that are looked at, and pages of its history. */
const TAGS = 200_000;
const PAGE = 1000;

/** A repository that is being copied. */
interface Pair {
  readonly there: Repository;
  /** `docker.io/library/alpine`. */
  readonly from: string;
  readonly repository: string;
  readonly by: string;
}

/**
 * Copies what a job is about: what is here already is not fetched again. A row for each tag; what
 * fails is told of, and does not keep the rest from being copied. Throws what the signal says.
 */
export async function* sync(job: SyncSettings, parts: SyncParts): AsyncGenerator<SyncRow, void> {
  const { upstream } = parts;
  let names: readonly string[];
  try {
    if (job.remove === true && !parts.storage.history) {
      throw new SyncError('tags cannot be removed here: nothing tells who pushed them');
    }
    names = await repositoriesOf(job, upstream);
  } catch (error) {
    parts.signal.throwIfAborted();
    yield failed({ from: upstream.name, repository: job.to }, undefined, error);
    return;
  }
  for (const name of names) {
    const repository = job.to === '' ? name : `${job.to}/${name}`;
    const remote = upstream.nameOf(name);
    const from = `${upstream.place.registry}/${remote}`;
    const there = upstream.repository(remote);
    const pair: Pair = { there, from, repository, by: `sync:${upstream.name}` };
    try {
      yield* syncRepository(job, pair, parts);
    } catch (error) {
      parts.signal.throwIfAborted();
      yield failed(pair, undefined, error);
    }
  }
}

async function repositoriesOf(job: SyncSettings, upstream: Upstream): Promise<readonly string[]> {
  const plain = job.repositories.filter(isRepositoryName);
  if (plain.length === job.repositories.length) return plain;
  const matches = anyPattern(job.repositories);
  const { path } = upstream.place;
  const found = new Set<string>(plain);
  for await (const name of upstream.catalog()) {
    const own = name.slice(path.length);
    if (name.startsWith(path) && isRepositoryName(own) && matches(own)) found.add(own);
  }
  return [...found].toSorted();
}

async function* syncRepository(
  job: SyncSettings,
  pair: Pair,
  parts: SyncParts,
): AsyncGenerator<SyncRow, void> {
  const { repository } = pair;
  if (!isRepositoryName(repository)) throw new SyncError(`no repository is called ${repository}`);
  if (parts.isMirrored(repository)) {
    throw new SyncError(`${repository} is a mirror: nothing is copied there`);
  }
  const all: string[] = [];
  for await (const tag of pair.there.tags({ signal: parts.signal })) {
    if (isTag(tag)) all.push(tag);
    if (all.length > TAGS) throw new SyncError('there are too many tags');
  }
  const wanted = chosen(job, all);
  const about = new Set(all.filter((tag) => ABOUT.test(tag)));
  for (const tag of wanted) {
    parts.signal.throwIfAborted();
    try {
      const { row, manifests } = await syncTag(pair, tag, parts);
      yield row;
      if (job.referrers === false || parts.dryRun) continue;
      for (const digest of manifests) yield* syncAbout(pair, digest, about, parts);
    } catch (error) {
      parts.signal.throwIfAborted();
      yield failed(pair, tag, error);
    }
  }
  if (job.remove === true) yield* removeOthers(new Set([...wanted, ...about]), pair, parts);
}

/** The tags that a job is about. */
function chosen({ tags, except = [], newest }: SyncSettings, all: readonly string[]): string[] {
  const isMeant = tags === undefined ? () => true : anyPattern(tags);
  const isNot = anyPattern(except);
  const meant = all.filter((tag) => isMeant(tag) && !isNot(tag) && !ABOUT.test(tag));
  return newest === undefined ? meant : newestOf(meant, newest);
}

/** Copies a tag. `manifests` are the root and its children. */
async function syncTag(
  { there, from, repository, by }: Pair,
  tag: string,
  { storage, dryRun, signal }: SyncParts,
): Promise<{ readonly row: SyncRow; readonly manifests: readonly Digest[] }> {
  const root = await there.resolve(tag, { signal });
  const { digest } = root;
  const own = await storage.manifest(repository, tag);
  const row = { from, repository, tag, digest, bytes: 0 };
  if (own?.digest === digest || dryRun) {
    const outcome = own?.digest === digest ? 'unchanged' : 'copied';
    return { row: { ...row, outcome }, manifests: await manifestsOf(storage, repository, root) };
  }
  const destination = new StorageDestination({ storage, repository, tag, root, by });
  await copy(new LocalFirst(there, root, storage, repository), destination, { signal });
  const manifests = await manifestsOf(storage, repository, root);
  return { row: { ...row, outcome: 'copied', bytes: destination.bytes }, manifests };
}

/** Copies what refers to a manifest, in the ways of today and of yesterday. */
async function* syncAbout(
  pair: Pair,
  digest: Digest,
  tags: ReadonlySet<string>,
  parts: SyncParts,
): AsyncGenerator<SyncRow, void> {
  const { there, from, repository, by } = pair;
  const { storage, signal } = parts;
  for (const kind of ['sig', 'att', 'sbom']) {
    const tag = `${digest.replace(':', '-')}.${kind}`;
    if (!tags.has(tag)) continue;
    yield (await syncTag(pair, tag, parts)).row;
  }
  for (const root of await there.referrers(digest, { signal })) {
    if (await storage.manifest(repository, root.digest)) continue;
    const destination = new StorageDestination({ storage, repository, tag: undefined, root, by });
    await copy(new LocalFirst(there, root, storage, repository), destination, { signal });
    const { bytes } = destination;
    yield { from, repository, tag: undefined, digest: root.digest, outcome: 'copied', bytes };
  }
}

/** The root and, of an index, its children, as far as they are here. */
async function manifestsOf(
  storage: RegistryStorage,
  repository: string,
  root: Descriptor,
): Promise<readonly Digest[]> {
  const body = isIndex(root) ? await storage.manifestBody(repository, root.digest) : undefined;
  const children = body ? childrenOf(root, body).filter(isParent) : [];
  return [root.digest, ...children.map(({ digest }) => digest)];
}

/** Tags that came by a job and are not wanted any more. What somebody pushed stays. */
async function* removeOthers(
  wanted: ReadonlySet<string>,
  { from, repository, by }: Pair,
  { storage, dryRun, signal }: SyncParts,
): AsyncGenerator<SyncRow, void> {
  for (let after: string | undefined; ;) {
    const tags = await storage.tags(repository, { after, limit: PAGE });
    for (const tag of tags) {
      signal.throwIfAborted();
      if (wanted.has(tag)) continue;
      const [last] = (await storage.history?.(repository, tag, 1)) ?? [];
      if (last?.actor !== by) continue;
      if (!dryRun) await storage.removeManifest(repository, tag, by);
      const digest = last.digest ?? undefined;
      yield { from, repository, tag, digest, outcome: 'removed', bytes: 0 };
    }
    if (tags.length < PAGE) return;
    after = tags.at(-1);
  }
}

/** An image elsewhere, whose documents are taken from here where they are known. */
class LocalFirst implements Source {
  readonly label: string;
  readonly #there: RegistrySource;
  readonly #root: Descriptor;
  readonly #storage: RegistryStorage;
  readonly #repository: string;

  constructor(there: Repository, root: Descriptor, storage: RegistryStorage, repository: string) {
    this.label = there.label;
    this.#there = new RegistrySource(there);
    this.#root = root;
    this.#storage = storage;
    this.#repository = repository;
  }

  async root(): Promise<Descriptor> {
    return this.#root;
  }

  async fetch(node: Descriptor, call?: CallOptions): Promise<AsyncIterable<Uint8Array>> {
    const isHere = isParent(node) && (await this.#storage.manifest(this.#repository, node.digest));
    const body = isHere && (await this.#storage.manifestBody(this.#repository, node.digest));
    return body ? once(Buffer.from(body)) : this.#there.fetch(node, call);
  }
}

function failed(
  { from, repository }: Pick<Pair, 'from' | 'repository'>,
  tag: string | undefined,
  error: unknown,
): SyncRow {
  const reason = error instanceof RemoteNotFoundError ? 'it is not there' : reasonOf(error);
  return { from, repository, tag, digest: undefined, outcome: 'failed', bytes: 0, reason };
}
