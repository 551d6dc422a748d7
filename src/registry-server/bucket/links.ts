import type { Digest } from '../../oci/digest.ts';
import type { Bucket } from '../../s3/bucket.ts';
import { randomHex } from '../../sys/random.ts';
import { COLLECT_GRACE } from './grace.ts';
import { type BucketKeys, type Link, linkIn } from './keys.ts';

/** A link with the time when it was made. */
export interface DatedLink extends Link {
  readonly made: Date;
}

/** In milliseconds: half of the time for which nothing is collected. */
const YOUNG = COLLECT_GRACE / 2;
const NOTHING = new Uint8Array();

/**
 * Which repositories have which contents. Links have names of their own, so that nobody removes
 * one that another has just made.
 */
export class Links {
  readonly #bucket: Bucket;
  readonly #keys: BucketKeys;

  constructor(bucket: Bucket, keys: BucketKeys) {
    this.#bucket = bucket;
    this.#keys = keys;
  }

  /** A link of a repository to a content. */
  async find(repository: string, digest: Digest): Promise<DatedLink | undefined> {
    const prefix = this.#keys.linksTo(repository, digest);
    const { objects } = await this.#bucket.page(prefix, undefined, 1);
    const [first] = objects;
    const link = first && linkIn(first.key, this.#keys.links(repository));
    return link && { ...link, made: first.modified };
  }

  /** A link of any repository. */
  async anywhere(digest: Digest): Promise<Link | undefined> {
    const { objects } = await this.#bucket.page(this.#keys.usesOf(digest), undefined, 1);
    const [first] = objects;
    return first && linkIn(first.key, this.#keys.pool);
  }

  /**
   * Gives a repository a content that is in the bucket. False, and nothing has changed, when the
   * content is about to be removed: who collects first says what he will remove, and looks for
   * links then; who links looks whether that was said when his link can be seen. One of them sees
   * the other.
   */
  async add(repository: string, to: Omit<Link, 'id'>): Promise<boolean> {
    const { digest, size, content } = to;
    const link = { digest, size, content, id: randomHex(8) };
    const use = this.#keys.use(repository, link);
    await this.#bucket.put(use, NOTHING);
    if (await this.#bucket.head(`${this.#keys.doomed}${link.content}`)) {
      await this.#bucket.delete(use);
      return false;
    }
    await this.#bucket.put(this.#keys.link(repository, link), NOTHING);
    return true;
  }

  /** Makes a link that is not young look young, so that nobody collects it. False as in `add`. */
  async renew(repository: string, link: DatedLink, now: Date): Promise<boolean> {
    if (now.getTime() - link.made.getTime() < YOUNG) return true;
    return this.add(repository, link);
  }

  /** Takes a content away from a repository. False when it had none. */
  async remove(repository: string, digest: Digest): Promise<boolean> {
    let found = false;
    const prefix = this.#keys.linksTo(repository, digest);
    for await (const { key } of this.#bucket.list(prefix)) {
      found = true;
      const link = linkIn(key, this.#keys.links(repository));
      await this.#bucket.delete(key);
      if (link) await this.#bucket.delete(this.#keys.use(repository, link));
    }
    return found;
  }
}
