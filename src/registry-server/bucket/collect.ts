import { limiter } from '../../base/limit.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Bucket } from '../../s3/bucket.ts';
import { dropMultipart, openMultiparts } from '../../s3/multipart.ts';
import type { S3Requests } from '../../s3/requests.ts';
import { checkManifest } from '../check-manifest.ts';
import { COLLECT_GRACE } from './grace.ts';
import { type BucketKeys, digestIn, linkIn } from './keys.ts';
import type { ManifestStore } from './manifest-store.ts';
import { decodeState, STATE_LIMIT } from './upload-state.ts';

/** What collecting works with. */
export interface CollectParts {
  readonly bucket: Bucket;
  readonly keys: BucketKeys;
  readonly requests: S3Requests;
  readonly manifests: ManifestStore;
}

/** How it is collected. */
export interface CollectOptions {
  readonly now: Date;
  /** In milliseconds; at least {@link COLLECT_GRACE} counts. */
  readonly grace: number;
  readonly signal: AbortSignal;
}

/** Something that was removed: a repository's right to a blob, the bytes of one, an upload. */
export interface Collected {
  readonly kind: 'blob' | 'content' | 'upload';
  readonly repository: string | undefined;
  readonly name: string;
  /** In bytes. */
  readonly size: number;
}

/** How long an upload is kept without a byte; in milliseconds. */
const UPLOAD_LIFE = 24 * 3600 * 1000;
const AT_ONCE = 16;
const NOTHING = new Uint8Array();

/**
 * Removes what nobody needs, while the registry is used, by any number of processes. What goes
 * is told as it goes. Bytes go in two rounds: the first one says that they will, after which
 * nobody links to them any more; one that comes a grace later removes them if nobody had.
 */
export async function* collect(
  parts: CollectParts,
  options: CollectOptions,
): AsyncGenerator<Collected, void> {
  const { bucket, keys } = parts;
  const before = options.now.getTime() - Math.max(options.grace, COLLECT_GRACE);
  const isOld = (made: Date): boolean => made.getTime() < before;
  const links = new Set<string>();
  for await (const { key } of bucket.list(keys.catalog)) {
    options.signal.throwIfAborted();
    yield* unneeded(parts, key.slice(keys.catalog.length), { isOld, links });
  }
  const used = new Set<string>();
  for await (const { key, modified } of bucket.list(keys.pool)) {
    options.signal.throwIfAborted();
    const use = linkIn(key, keys.pool);
    if (use && (links.has(use.id) || !isOld(modified))) used.add(use.content);
    else await bucket.delete(key);
  }
  yield* doomed(parts, { isOld, used, signal: options.signal });
  const doubtful = options.now.getTime() - UPLOAD_LIFE;
  yield* abandoned(parts, (made) => made.getTime() < doubtful);
}

/** Takes blobs that no manifest names away from a repository. The links that stay go into `links`. */
async function* unneeded(
  parts: CollectParts,
  repository: string,
  { isOld, links }: { readonly isOld: (made: Date) => boolean; readonly links: Set<string> },
): AsyncGenerator<Collected, void> {
  const { bucket, keys } = parts;
  const candidates = new Set<string>();
  const folder = keys.links(repository);
  // First the links, then the manifests: who pushes one makes the links young that it needs.
  for await (const { key, modified } of bucket.list(folder)) {
    if (isOld(modified)) candidates.add(key);
    const link = linkIn(key, folder);
    if (link) links.add(link.id);
  }
  if (candidates.size === 0) return;
  const named = await namedIn(parts, repository);
  const kept = new Set<Digest>();
  for (const key of candidates) {
    const link = linkIn(key, folder);
    // Of several links to one blob one is enough.
    if (link && named.has(link.digest) && !kept.has(link.digest)) {
      kept.add(link.digest);
      continue;
    }
    await bucket.delete(key);
    if (!link) continue;
    await bucket.delete(keys.use(repository, link));
    links.delete(link.id);
    if (named.has(link.digest)) continue;
    yield { kind: 'blob', repository, name: link.digest, size: link.size };
  }
}

/** What the manifests of a repository name. Throws when one cannot be read: nothing is sure then. */
async function namedIn(parts: CollectParts, repository: string): Promise<ReadonlySet<Digest>> {
  const { bucket, keys, manifests } = parts;
  const folder = keys.manifests(repository);
  const named = new Set<Digest>();
  const inTurn = limiter(AT_ONCE);
  const read = async (digest: Digest): Promise<void> => {
    const body = await manifests.body(repository, digest);
    const row = body && (await manifests.get(repository, digest));
    if (!row) return;
    for (const one of checkManifest(body, row.mediaType).names) named.add(one);
  };
  let batch: Promise<void>[] = [];
  for await (const { key } of bucket.list(folder)) {
    const digest = digestIn(key.slice(folder.length));
    if (digest) batch.push(inTurn(() => read(digest)));
    if (batch.length < AT_ONCE * 16) continue;
    await Promise.all(batch);
    batch = [];
  }
  await Promise.all(batch);
  return named;
}

/** Says of contents that they will go, and removes those of which that was said long ago. */
async function* doomed(
  { bucket, keys }: CollectParts,
  {
    isOld,
    used,
    signal,
  }: {
    readonly isOld: (made: Date) => boolean;
    /** As it was listed after the marks that are old were written. */
    readonly used: ReadonlySet<string>;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<Collected, void> {
  const marked = new Map<string, Date>();
  for await (const { key, modified } of bucket.list(keys.doomed)) {
    marked.set(key.slice(keys.doomed.length), modified);
  }
  for await (const { key, size, modified } of bucket.list(keys.contents)) {
    signal.throwIfAborted();
    const content = key.slice(key.lastIndexOf('/') + 1);
    if (used.has(content) || !isOld(modified)) continue;
    const mark = marked.get(content);
    if (!mark) await bucket.put(keys.doomed + content, NOTHING);
    if (!mark || !isOld(mark)) continue;
    await bucket.delete(key);
    await bucket.delete(keys.doomed + content);
    yield { kind: 'content', repository: undefined, name: content, size };
  }
}

/** Ends uploads that nobody goes on with, and parts of which no upload knows. */
async function* abandoned(
  { bucket, keys, requests }: CollectParts,
  isOld: (made: Date) => boolean,
): AsyncGenerator<Collected, void> {
  const known = new Set<string>();
  for await (const { key, size, modified } of bucket.list(keys.uploads)) {
    const found = await bucket.get(key, STATE_LIMIT);
    const multipart = found && decodeState(found.body).multipart;
    if (!isOld(modified)) {
      if (multipart) known.add(multipart.id);
      continue;
    }
    if (multipart) await dropMultipart(requests, multipart);
    await bucket.delete(key);
    const [repository = '', name = ''] = key.slice(keys.uploads.length).split(/!(?=[^!]*$)/);
    yield { kind: 'upload', repository: repository.replaceAll('!', '/'), name, size };
  }
  for await (const { begun, ...multipart } of openMultiparts(requests, keys.contents)) {
    if (isOld(begun) && !known.has(multipart.id)) await dropMultipart(requests, multipart);
  }
}
