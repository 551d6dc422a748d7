import { limiter } from '../../base/limit.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Bucket } from '../../s3/bucket.ts';
import type { RecentBodies } from '../recent-bodies.ts';
import type { Referrer, ReferrerRow } from '../storage.ts';
import { type BucketKeys, nameOf } from './keys.ts';

const PLACE_DIGITS = 15;
const BODY_LIMIT = 8 * 1024 * 1024;
const AT_ONCE = 16;
/** Places count thousandths of milliseconds from this day on, which leaves them at 15 digits. */
const EPOCH = Date.UTC(2020, 0);

/** What refers to what: one object each, whose name has the time in it. */
export class ReferrerList {
  readonly #bucket: Bucket;
  readonly #keys: BucketKeys;
  readonly #recent: RecentBodies;
  #lastPlace = 0;

  constructor(bucket: Bucket, keys: BucketKeys, recent: RecentBodies) {
    this.#bucket = bucket;
    this.#keys = keys;
    this.#recent = recent;
  }

  /** Lists a manifest, at the end unless it is listed. */
  async add(repository: string, digest: Digest, row: ReferrerRow, at: Date): Promise<void> {
    for await (const key of this.#of(repository, row.subject)) {
      if (key.endsWith(`!${nameOf(digest)}`)) return;
    }
    const { artifactType, descriptor } = row;
    const body = Buffer.from(JSON.stringify({ artifactType, descriptor }));
    const place = String(this.#place(at)).padStart(PLACE_DIGITS, '0');
    const prefix = this.#keys.referrers(repository, row.subject);
    await this.#bucket.put(`${prefix}${place}!${nameOf(digest)}`, body);
  }

  async remove(repository: string, digest: Digest, subject: Digest): Promise<void> {
    for await (const key of this.#of(repository, subject)) {
      if (key.endsWith(`!${nameOf(digest)}`)) await this.#bucket.delete(key);
    }
  }

  /** In the order in which they were pushed; at most one more than `limit`. */
  async list(
    repository: string,
    subject: Digest,
    options: {
      readonly after: number;
      readonly artifactType: string | undefined;
      readonly limit: number;
    },
  ): Promise<readonly Referrer[]> {
    const { after, artifactType, limit } = options;
    const prefix = this.#keys.referrers(repository, subject);
    const found: Referrer[] = [];
    let batch: string[] = [];
    const read = async (): Promise<void> => {
      const inTurn = limiter(AT_ONCE);
      const rows = await Promise.all(batch.map((key) => inTurn(() => this.#read(key, prefix))));
      batch = [];
      for (const row of rows) {
        if (row && (artifactType === undefined || row.artifactType === artifactType)) {
          found.push(row);
        }
      }
    };
    for await (const key of this.#of(repository, subject, after)) {
      if (batch.push(key) === AT_ONCE * 4) await read();
      if (found.length > limit) return found;
    }
    await read();
    return found;
  }

  async *#of(repository: string, subject: Digest, after = 0): AsyncGenerator<string, void> {
    const prefix = this.#keys.referrers(repository, subject);
    const from = `${prefix}${String(after).padStart(PLACE_DIGITS, '0')}~`;
    for await (const { key } of this.#bucket.list(prefix, from)) yield key;
  }

  async #read(
    key: string,
    prefix: string,
  ): Promise<(Referrer & { readonly artifactType: string | undefined }) | undefined> {
    const known = this.#recent.get(key);
    const body = known ?? (await this.#bucket.get(key, BODY_LIMIT))?.body;
    if (!body) return undefined;
    if (!known) this.#recent.add(key, body);
    const { artifactType, descriptor } = JSON.parse(Buffer.from(body).toString()) as {
      readonly artifactType?: string;
      readonly descriptor: string;
    };
    const place = Number(key.slice(prefix.length, prefix.length + PLACE_DIGITS));
    return { place, descriptor, artifactType };
  }

  /** Later than any that was given out here; others do not meet it but by chance. */
  #place(at: Date): number {
    const now = (at.getTime() - EPOCH) * 1000 + Math.floor(Math.random() * 1000);
    this.#lastPlace = Math.max(now, this.#lastPlace + 1);
    return this.#lastPlace;
  }
}
