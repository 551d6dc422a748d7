import { type Digest, isDigest } from '../../oci/digest.ts';
import type { Bucket } from '../../s3/bucket.ts';
import { randomHex } from '../../sys/random.ts';
import type { RecentBodies } from '../recent-bodies.ts';
import type { Page, StoredManifest } from '../storage.ts';
import { type BucketKeys, changeIn, changeName } from './keys.ts';

/** The last change of a tag: what it means since; nothing when it was removed. */
interface Change {
  readonly key: string;
  readonly row: StoredManifest | undefined;
}

const NOTHING = new Uint8Array();
const BODY_LIMIT = 4096;
/** So many changes of one tag are gone through before a list goes on after all of them. */
const LONG = 20;
/** How names of changes end where a store cannot compare before it writes. */
const SET = 'e';
const UNSET = '-';

/**
 * What tags mean: one object for each change, the newest first. Where the store writes only what
 * is not there, changes have numbers that two cannot both take. Elsewhere they have names of
 * their own, the highest counts, and a removal stands beside what it removes.
 */
export class TagChanges {
  readonly #bucket: Bucket;
  readonly #keys: BucketKeys;
  readonly #recent: RecentBodies;
  readonly #isExact: boolean;

  /** `isExact`: the store keeps to conditions. */
  constructor(bucket: Bucket, keys: BucketKeys, recent: RecentBodies, isExact: boolean) {
    this.#bucket = bucket;
    this.#keys = keys;
    this.#recent = recent;
    this.#isExact = isExact;
  }

  /** What a tag means. */
  async get(repository: string, tag: string): Promise<StoredManifest | undefined> {
    return (await this.#last(repository, tag))?.row;
  }

  /**
   * Makes a tag mean a manifest, unless `objection` has something against it, which is given then.
   * It is asked with what the tag means so far.
   */
  async set<T>(
    repository: string,
    tag: string,
    { digest, mediaType, size }: StoredManifest,
    options: {
      readonly at: Date;
      readonly by: string | undefined;
      readonly objection: (current: Digest | undefined) => T | undefined;
    },
  ): Promise<T | undefined> {
    const { at, by, objection } = options;
    const id = randomHex(8);
    const body = Buffer.from(
      JSON.stringify({ id, at: at.toISOString(), digest, mediaType, size, by }),
    );
    // Before the tag, so that who removes the manifest finds all that may mean it.
    await this.#bucket.put(`${this.#keys.tagged(repository, digest)}${tag}`, NOTHING);
    for (;;) {
      const last = await this.#last(repository, tag);
      const obstacle = objection(last?.row?.digest);
      if (obstacle !== undefined) return obstacle;
      const key = this.#next(repository, tag, last);
      if (!this.#isExact) {
        await this.#bucket.put(`${key}!${id}${SET}`, body);
        return undefined;
      }
      if (await this.#take(key, body)) return undefined;
    }
  }

  /** Removes a tag; with `only` unless it means something else. False when it means nothing. */
  async remove(repository: string, tag: string, only?: Digest): Promise<boolean> {
    for (let isTried = false; ; isTried = true) {
      const last = await this.#last(repository, tag);
      // What was tried may have been done by this very request, whose answer was lost.
      if (!last?.row || (only !== undefined && last.row.digest !== only)) return isTried;
      if (last.key.endsWith(SET)) {
        await this.#bucket.put(last.key.slice(0, -SET.length) + UNSET, NOTHING);
        return true;
      }
      const next = this.#next(repository, tag, last);
      const key = this.#isExact ? next : `${next}!${randomHex(8)}${SET}`;
      const condition = this.#isExact ? 'absent' : undefined;
      if ((await this.#bucket.put(key, NOTHING, { condition })) !== undefined) return true;
    }
  }

  /** The tags that mean a manifest. */
  async *of(repository: string, digest: Digest): AsyncGenerator<string, void> {
    const prefix = this.#keys.tagged(repository, digest);
    for await (const { key } of this.#bucket.list(prefix)) {
      const tag = key.slice(prefix.length);
      if ((await this.get(repository, tag))?.digest === digest) yield tag;
    }
  }

  /** Tags in the order of their bytes. */
  async list(repository: string, { after, limit }: Page): Promise<readonly string[]> {
    const folder = this.#keys.tags(repository);
    const tags: string[] = [];
    let from = after === undefined ? undefined : this.#keys.afterTag(repository, after);
    for (let before = '', seen = 0; tags.length < limit;) {
      const { objects, isMore } = await this.#bucket.page(folder, from);
      for (const { key, size } of objects) {
        from = key;
        const tag = key.slice(folder.length, key.indexOf('!', folder.length));
        seen = tag === before ? seen + 1 : 0;
        if (tag !== before && size > 0) tags.push(tag);
        before = tag;
        if (tags.length === limit) break;
      }
      if (!isMore) break;
      if (seen > LONG) from = this.#keys.afterTag(repository, before);
    }
    return tags;
  }

  async #last(repository: string, tag: string): Promise<Change | undefined> {
    const { objects } = await this.#bucket.page(this.#keys.tag(repository, tag), undefined, 1);
    const [first] = objects;
    if (!first || first.size === 0) return first && { key: first.key, row: undefined };
    const known = this.#recent.get(first.key);
    const body = known ?? (await this.#bucket.get(first.key, BODY_LIMIT))?.body;
    if (!body) return this.#last(repository, tag);
    if (!known) this.#recent.add(first.key, body);
    return { key: first.key, row: rowIn(body) };
  }

  #next(repository: string, tag: string, last: Change | undefined): string {
    const prefix = this.#keys.tag(repository, tag);
    return prefix + changeName(last ? changeIn(last.key, prefix) + 1 : 1);
  }

  /** Writes a change that nobody else has written. */
  async #take(key: string, body: Buffer): Promise<boolean> {
    if ((await this.#bucket.put(key, body, { condition: 'absent' })) !== undefined) return true;
    // It may have been written by this very request, whose answer was lost.
    const there = await this.#bucket.get(key, BODY_LIMIT);
    return there !== undefined && body.equals(there.body);
  }
}

function rowIn(body: Uint8Array): StoredManifest | undefined {
  const { digest, mediaType, size } = JSON.parse(Buffer.from(body).toString()) as Partial<
    Record<keyof StoredManifest, unknown>
  >;
  if (typeof digest !== 'string' || !isDigest(digest)) return undefined;
  if (typeof mediaType !== 'string' || typeof size !== 'number') return undefined;
  return { digest, mediaType, size };
}
