import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { limiter } from '../../base/limit.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';
import { Bucket } from '../../s3/bucket.ts';
import type { S3Requests } from '../../s3/requests.ts';
import { checkManifest } from '../check-manifest.ts';
import { Problem, RegistryDataError } from '../errors.ts';
import { RecentBodies } from '../recent-bodies.ts';
import type {
  NewManifest,
  OpenBlob,
  Page,
  Referrer,
  ReferrerPage,
  RegistryStorage,
  StoredManifest,
  Upload,
} from '../storage.ts';
import { collect, type Collected } from './collect.ts';
import { BucketKeys } from './keys.ts';
import { Links } from './links.ts';
import { ManifestStore } from './manifest-store.ts';
import { probeStore, type StoreTraits } from './probe.ts';
import { ReferrerList } from './referrer-list.ts';
import { TagChanges } from './tag-changes.ts';
import { Uploads } from './uploads.ts';

/** What a registry in a bucket is made of. */
export interface BucketStorageOptions {
  readonly requests: S3Requests;
  /** Before every key; empty, or ends with a slash. */
  readonly prefix: string;
  readonly clock: Clock;
  /** Clients fetch blobs from the bucket itself. */
  readonly redirect: boolean;
  /** Tags that stay what they are once they mean something. Without it, none. */
  readonly isFixed?: ((repository: string, tag: string) => boolean) | undefined;
}

/** So many requests about one manifest are under way at once. */
const AT_ONCE = 16;
/** Seconds for which an address that a client is sent to can be used. */
const REDIRECT_LIFE = 1200;
const NOTHING = new Uint8Array();
/** No name or tag is longer. What can stand in none of them sorts in a way of its own. */
const NAME_LIMIT = 256;
const STRANGE = /[^\x21-\x7e]/;

/**
 * A registry in a bucket of S3, which any number of processes can serve at once: none of them
 * keeps anything of its own. Looks what the store can do. Throws S3Error, NetError and
 * RegistryDataError.
 */
export async function openBucketStorage(options: BucketStorageOptions): Promise<BucketStorage> {
  const bucket = new Bucket(options.requests);
  const keys = new BucketKeys(options.prefix);
  const traits = await probeStore(bucket, keys);
  if (options.isFixed && !traits.conditions) {
    throw new RegistryDataError(
      `${options.requests.label}: immutable tags need a store that keeps to If-None-Match`,
    );
  }
  return new BucketStorage(bucket, keys, traits, options);
}

/** See {@link openBucketStorage}. */
export class BucketStorage implements RegistryStorage {
  /** What the store can do. */
  readonly traits: StoreTraits;
  readonly #bucket: Bucket;
  readonly #keys: BucketKeys;
  readonly #options: BucketStorageOptions;
  readonly #links: Links;
  readonly #manifests: ManifestStore;
  readonly #tags: TagChanges;
  readonly #referrers: ReferrerList;
  readonly #uploads: Uploads;
  /** Repositories that are known to exist. None ever ends. */
  readonly #known = new Set<string>();

  constructor(
    bucket: Bucket,
    keys: BucketKeys,
    traits: StoreTraits,
    options: BucketStorageOptions,
  ) {
    const recent = new RecentBodies();
    this.traits = traits;
    this.#bucket = bucket;
    this.#keys = keys;
    this.#options = options;
    this.#links = new Links(bucket, keys);
    this.#manifests = new ManifestStore(bucket, keys, recent);
    this.#tags = new TagChanges(bucket, keys, recent, traits.conditions);
    this.#referrers = new ReferrerList(bucket, keys, recent);
    this.#uploads = new Uploads({
      bucket,
      keys,
      requests: options.requests,
      links: this.#links,
      traits,
      makeRepository: (repository) => this.#makeRepository(repository),
    });
  }

  async hasRepository(repository: string): Promise<boolean> {
    if (this.#known.has(repository)) return true;
    if (!(await this.#bucket.head(this.#keys.catalog + repository))) return false;
    this.#known.add(repository);
    return true;
  }

  async repositories({ after, limit }: Page): Promise<readonly string[]> {
    const { catalog } = this.#keys;
    const names: string[] = [];
    if (limit === 0) return names;
    const from = after === undefined ? undefined : catalog + plain(after);
    for await (const { key } of this.#bucket.list(catalog, from)) {
      names.push(key.slice(catalog.length));
      if (names.length === limit) break;
    }
    return names;
  }

  /** One request to the store. */
  async probe(): Promise<void> {
    await this.repositories({ after: undefined, limit: 1 });
  }

  async blobSize(repository: string, digest: Digest): Promise<number | undefined> {
    return (await this.#find(repository, digest))?.size;
  }

  async openBlob(repository: string, digest: Digest): Promise<OpenBlob | undefined> {
    const found = await this.#find(repository, digest);
    if (!found) return undefined;
    const { key, size } = found;
    return {
      size,
      elsewhere: this.#options.redirect ? this.#bucket.presigned(key, REDIRECT_LIFE) : undefined,
      read: (start, end) => this.#bucket.read(key, start, end, this.traits.ranges),
      // Nothing is open before the first byte is asked for.
      close: () => undefined,
    };
  }

  async mount(repository: string, digest: Digest, from: string | undefined): Promise<boolean> {
    const source = await (from === undefined
      ? this.#links.anywhere(digest)
      : this.#links.find(from, digest));
    if (!source) return false;
    await this.#makeRepository(repository);
    return this.#links.add(repository, source);
  }

  async removeBlob(
    repository: string,
    digest: Digest,
  ): Promise<'removed' | 'unknown' | 'a manifest'> {
    if (await this.#manifests.get(repository, digest)) return 'a manifest';
    return (await this.#links.remove(repository, digest)) ? 'removed' : 'unknown';
  }

  async startUpload(repository: string, algorithm: 'sha256' | 'sha512'): Promise<string> {
    const id = randomUUID();
    await this.#uploads.start(repository, id, algorithm);
    return id;
  }

  openUpload(repository: string, id: string): Promise<Upload | 'busy' | undefined> {
    return this.#uploads.open(repository, id);
  }

  uploadOffset(repository: string, id: string): Promise<number | undefined> {
    return this.#uploads.offset(repository, id);
  }

  manifest(repository: string, reference: string): Promise<StoredManifest | undefined> {
    return isDigest(reference)
      ? this.#manifests.get(repository, reference)
      : this.#tags.get(repository, reference);
  }

  manifestBody(repository: string, digest: Digest): Promise<Uint8Array | undefined> {
    return this.#manifests.body(repository, digest);
  }

  async putManifest(
    repository: string,
    manifest: NewManifest,
  ): ReturnType<RegistryStorage['putManifest']> {
    const { digest, mediaType, body, tags, needs, referrer, by } = manifest;
    for (const tag of tags) {
      const current = await this.#tags.get(repository, tag);
      const obstacle = this.#objection(repository, manifest, tag)(current?.digest);
      if (obstacle !== undefined) return obstacle;
    }
    if (manifest.mayReplace) this.#mustBeExact();
    const lacking = await this.#lacking(repository, needs);
    if (lacking) return lacking;
    await this.#makeRepository(repository);
    const row = { digest, mediaType, size: body.length };
    const at = this.#options.clock.now();
    do {
      await this.#manifests.put(repository, digest, { body, mediaType });
      if (referrer) await this.#referrers.add(repository, digest, referrer, at);
      for (const tag of tags) {
        const objection = this.#objection(repository, manifest, tag);
        const obstacle = await this.#tags.set(repository, tag, row, { at, by, objection });
        if (obstacle !== undefined) return obstacle;
      }
      // Who removes it at this moment removes it before its tags: it may be gone without them.
    } while (!(await this.#manifests.get(repository, digest)));
    return undefined;
  }

  async removeManifest(
    repository: string,
    reference: string,
  ): ReturnType<RegistryStorage['removeManifest']> {
    if (!isDigest(reference)) {
      if (this.#isFixed(repository, reference)) {
        return (await this.#tags.get(repository, reference)) ? { fixed: reference } : 'unknown';
      }
      return (await this.#tags.remove(repository, reference)) ? 'removed' : 'unknown';
    }
    const row = await this.#manifests.get(repository, reference);
    if (!row) return 'unknown';
    for await (const tag of this.#tags.of(repository, reference)) {
      if (this.#isFixed(repository, tag)) return { fixed: tag };
    }
    const body = await this.#manifests.body(repository, reference);
    const subject = body && checkManifest(body, row.mediaType).subject;
    const unlist = async (): Promise<void> => {
      for await (const tag of this.#tags.of(repository, reference)) {
        await this.#tags.remove(repository, tag, reference);
      }
      if (subject) await this.#referrers.remove(repository, reference, subject);
    };
    // First what means it, so that nothing is left without it; then what came in the meantime.
    await unlist();
    await this.#manifests.remove(repository, reference);
    await unlist();
    return 'removed';
  }

  async tags(repository: string, { after, limit }: Page): Promise<readonly string[]> {
    if (limit === 0) return [];
    return this.#tags.list(repository, {
      after: after === undefined ? undefined : plain(after),
      limit,
    });
  }

  referrers(
    repository: string,
    subject: Digest,
    options: ReferrerPage,
  ): Promise<Iterable<Referrer>> {
    return this.#referrers.list(repository, subject, options);
  }

  /** Removes what nobody needs, as it goes. See {@link collect}. */
  collect(grace: number, signal: AbortSignal): AsyncGenerator<Collected, void> {
    const parts = {
      bucket: this.#bucket,
      keys: this.#keys,
      requests: this.#options.requests,
      manifests: this.#manifests,
    };
    return collect(parts, { grace, signal, now: this.#options.clock.now() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Everything was written when it was answered.
  }

  /** Where the bytes of a blob, or of a manifest that is asked for as one, lie. */
  async #find(
    repository: string,
    digest: Digest,
  ): Promise<{ readonly key: string; readonly size: number } | undefined> {
    const link = await this.#links.find(repository, digest);
    if (link) return { key: this.#keys.content(link.content), size: link.size };
    const manifest = await this.#manifests.get(repository, digest);
    return manifest && { key: this.#keys.manifest(repository, digest), size: manifest.size };
  }

  /** The size of what a manifest needs, which nobody will collect before the manifest is there. */
  async #kept(repository: string, digest: Digest): Promise<number | undefined> {
    const link = await this.#links.find(repository, digest);
    if (!link) return (await this.#manifests.get(repository, digest))?.size;
    return (await this.#links.renew(repository, link, this.#options.clock.now()))
      ? link.size
      : undefined;
  }

  async #lacking(
    repository: string,
    needs: NewManifest['needs'],
  ): Promise<{ readonly missing: Digest } | { readonly wrongSize: Digest } | undefined> {
    const inTurn = limiter(AT_ONCE);
    const found = await Promise.all(
      needs.map((need) => inTurn(() => this.#kept(repository, need.digest))),
    );
    for (const [at, need] of needs.entries()) {
      const size = found[at];
      if (size === undefined) return { missing: need.digest };
      if (size !== need.size) return { wrongSize: need.digest };
    }
    return undefined;
  }

  /** What is against a tag's meaning a manifest, by what it means so far. */
  #objection(
    repository: string,
    { digest, tags, mayReplace }: NewManifest,
    tag: string,
  ): (current: Digest | undefined) => 'replaced' | { readonly fixed: string } | undefined {
    return (current) => {
      if (tag === tags[0] && mayReplace && !mayReplace(current)) return 'replaced';
      if (current === undefined || current === digest) return undefined;
      return this.#isFixed(repository, tag) ? { fixed: tag } : undefined;
    };
  }

  #isFixed(repository: string, tag: string): boolean {
    return this.#options.isFixed?.(repository, tag) ?? false;
  }

  #mustBeExact(): void {
    if (this.traits.conditions) return;
    throw new Problem(405, 'UNSUPPORTED', 'the store of this registry cannot keep to If-Match');
  }

  /** Comes before the first thing in it, which nobody would find otherwise. */
  async #makeRepository(repository: string): Promise<void> {
    if (this.#known.has(repository)) return;
    await this.#bucket.put(this.#keys.catalog + repository, NOTHING);
    this.#known.add(repository);
  }
}

/** What a client gave as the end of a page, as far as names can be compared with it. */
function plain(text: string): string {
  const strange = STRANGE.exec(text);
  if (!strange) return text.slice(0, NAME_LIMIT);
  const isLow = strange[0] < '!';
  return (text.slice(0, strange.index) + (isLow ? '' : '~')).slice(0, NAME_LIMIT);
}
