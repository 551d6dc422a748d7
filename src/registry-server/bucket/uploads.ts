import { createHash } from 'node:crypto';
import type { Digest } from '../../oci/digest.ts';
import type { Bucket } from '../../s3/bucket.ts';
import {
  beginMultipart,
  dropMultipart,
  endMultipart,
  type Multipart,
  putPart,
} from '../../s3/multipart.ts';
import type { S3Requests } from '../../s3/requests.ts';
import { randomHex } from '../../sys/random.ts';
import { Problem } from '../errors.ts';
import { BucketUpload, emptyHash, type KnownHash } from './bucket-upload.ts';
import type { BucketKeys } from './keys.ts';
import type { Links } from './links.ts';
import type { StoreTraits } from './probe.ts';
import {
  decodeState,
  encodeState,
  offsetOf,
  STATE_LIMIT,
  type UploadState,
} from './upload-state.ts';

/** What uploads into a bucket work with. */
export interface UploadsParts {
  readonly bucket: Bucket;
  readonly keys: BucketKeys;
  readonly requests: S3Requests;
  readonly links: Links;
  readonly traits: StoreTraits;
  readonly makeRepository: (repository: string) => Promise<void>;
}

/** Hashes of open uploads that are kept; the bytes of others are read again at their end. */
const HASH_LIMIT = 1000;

/** The uploads of a registry in a bucket, as far as this process has to do with them. */
export class Uploads {
  readonly #parts: UploadsParts;
  /** Those that a request of this process is working on. */
  readonly #open = new Map<string, BucketUpload | undefined>();
  readonly #hashes = new Map<string, KnownHash>();

  constructor(parts: UploadsParts) {
    this.#parts = parts;
  }

  async start(repository: string, id: string, algorithm: 'sha256' | 'sha512'): Promise<void> {
    const key = this.#parts.keys.upload(repository, id);
    const revision = randomHex(16);
    await this.#put(key, {
      algorithm,
      revision,
      multipart: undefined,
      parts: [],
      tail: Buffer.alloc(0),
    });
    this.#keepHash(key, emptyHash(revision, algorithm));
  }

  /** See RegistryStorage. */
  async open(repository: string, id: string): Promise<BucketUpload | 'busy' | undefined> {
    const key = this.#parts.keys.upload(repository, id);
    if (this.#open.has(key)) return 'busy';
    this.#open.set(key, undefined);
    try {
      const found = await this.#parts.bucket.get(key, STATE_LIMIT);
      if (found) {
        const upload = this.#opened(repository, key, decodeState(found.body), found.etag);
        this.#open.set(key, upload);
        return upload;
      }
    } catch (error) {
      this.#open.delete(key);
      throw error;
    }
    this.#open.delete(key);
    return undefined;
  }

  async offset(repository: string, id: string): Promise<number | undefined> {
    const key = this.#parts.keys.upload(repository, id);
    const open = this.#open.get(key);
    if (open) return open.offset;
    const head = await this.#parts.bucket.head(key);
    return head && Number(head.meta.get('offset'));
  }

  #opened(repository: string, key: string, state: UploadState, etag: string): BucketUpload {
    const known = this.#hashes.get(key);
    this.#hashes.delete(key);
    let last = etag;
    return new BucketUpload(state, known, {
      putPart: (multipart, number, body) => this.#putPart(multipart, number, body),
      save: async (next) => {
        last = await this.#put(key, next, last);
      },
      commit: (end, hash, digest) => this.#commit(repository, key, end, { hash, digest }),
      drop: (multipart) => this.#drop(key, multipart),
      closed: (hash) => {
        this.#open.delete(key);
        if (hash) this.#keepHash(key, hash);
      },
    });
  }

  /** Writes a state in the place of one with an entity tag, or anew. Gives the new entity tag. */
  async #put(key: string, state: UploadState, etag?: string): Promise<string> {
    const { bucket, traits } = this.#parts;
    const meta = { offset: String(offsetOf(state)) };
    const condition = traits.conditions && etag !== undefined ? { etag } : undefined;
    const body = encodeState(state);
    const written = await bucket.put(key, body, { meta, condition });
    if (written !== undefined) return written;
    // It may have been written by this very request, whose answer was lost.
    const there = await bucket.get(key, STATE_LIMIT);
    if (there?.body.equals(body)) return there.etag;
    throw new Problem(409, 'BLOB_UPLOAD_INVALID', 'another request is sending this upload');
  }

  async #putPart(
    multipart: Multipart | undefined,
    number: number,
    body: Buffer,
  ): Promise<{ readonly multipart: Multipart; readonly etag: string }> {
    const { requests, keys } = this.#parts;
    const whole = multipart ?? (await beginMultipart(requests, keys.content(randomHex(16))));
    return { multipart: whole, etag: await putPart(requests, whole, number, body) };
  }

  async #drop(key: string, multipart: Multipart | undefined): Promise<void> {
    if (multipart) await dropMultipart(this.#parts.requests, multipart);
    await this.#parts.bucket.delete(key);
  }

  async #commit(
    repository: string,
    key: string,
    state: UploadState,
    { hash, digest }: { readonly hash: string | undefined; readonly digest: Digest },
  ): Promise<boolean> {
    const { links, makeRepository, bucket } = this.#parts;
    await makeRepository(repository);
    if (hash !== undefined) {
      const there = await links.anywhere(digest);
      if (there && (await links.add(repository, there))) {
        await this.#drop(key, state.multipart);
        return true;
      }
    }
    const written = await this.#write(state, hash !== undefined, digest);
    if (written !== undefined) {
      const size = offsetOf(state);
      if (!(await links.add(repository, { digest, size, content: written }))) {
        throw new Error('a new content is about to be removed');
      }
    }
    await bucket.delete(key);
    return written !== undefined;
  }

  /** Makes the bytes a content and gives its name; undefined when they have another digest. */
  async #write(state: UploadState, isKnown: boolean, digest: Digest): Promise<string | undefined> {
    const { bucket, keys, requests } = this.#parts;
    const { multipart, tail, parts } = state;
    if (!multipart) {
      const content = randomHex(16);
      await bucket.put(keys.content(content), tail);
      return content;
    }
    const { key } = multipart;
    const etags = parts.map(({ etag }) => etag);
    const isOurs = await endMultipart(requests, multipart, etags);
    // Otherwise it may have been ended by a request whose answer was lost, or by somebody else.
    const head = await bucket.head(key);
    const isRight =
      head?.size === offsetOf(state) &&
      ((isOurs && isKnown) || (await this.#hasDigest(key, head.size, digest)));
    if (isRight) return key.slice(key.lastIndexOf('/') + 1);
    // What is there may be somebody else's by now: it is collected when it is nobody's.
    if (!head) await dropMultipart(requests, multipart);
    return undefined;
  }

  async #hasDigest(key: string, size: number, digest: Digest): Promise<boolean> {
    const [algorithm = '', hex] = digest.split(':');
    const hash = createHash(algorithm);
    for await (const chunk of this.#parts.bucket.read(key, 0, size, this.#parts.traits.ranges))
      hash.update(chunk);
    return hash.digest('hex') === hex;
  }

  #keepHash(key: string, known: KnownHash): void {
    this.#hashes.set(key, known);
    const [oldest] = this.#hashes.keys();
    if (this.#hashes.size > HASH_LIMIT && oldest !== undefined) this.#hashes.delete(oldest);
  }
}
