import { type Digest, digestLike } from '../../oci/digest.ts';
import { DOCUMENT_LIMIT } from '../../oci/limits.ts';
import type { Bucket } from '../../s3/bucket.ts';
import { RegistryDataError } from '../errors.ts';
import type { RecentBodies } from '../recent-bodies.ts';
import type { StoredManifest } from '../storage.ts';
import type { BucketKeys } from './keys.ts';

/** The bodies of manifests, each in its repository. */
export class ManifestStore {
  readonly #bucket: Bucket;
  readonly #keys: BucketKeys;
  readonly #recent: RecentBodies;

  constructor(bucket: Bucket, keys: BucketKeys, recent: RecentBodies) {
    this.#bucket = bucket;
    this.#keys = keys;
    this.#recent = recent;
  }

  async get(repository: string, digest: Digest): Promise<StoredManifest | undefined> {
    const head = await this.#bucket.head(this.#keys.manifest(repository, digest));
    const mediaType = head?.meta.get('type');
    return head && mediaType !== undefined ? { digest, mediaType, size: head.size } : undefined;
  }

  /** The body, whose digest is right. Throws RegistryDataError when the bucket gives another. */
  async body(repository: string, digest: Digest): Promise<Uint8Array | undefined> {
    const known = this.#recent.get(digest);
    if (known) return known;
    const found = await this.#bucket.get(this.#keys.manifest(repository, digest), DOCUMENT_LIMIT);
    if (!found) return undefined;
    if (digestLike(digest, found.body) !== digest) {
      throw new RegistryDataError(`the bucket gives another content for ${digest}`);
    }
    this.#recent.add(digest, found.body);
    return found.body;
  }

  async put(
    repository: string,
    digest: Digest,
    { body, mediaType }: { readonly body: Uint8Array; readonly mediaType: string },
  ): Promise<void> {
    const meta = { type: mediaType };
    await this.#bucket.put(this.#keys.manifest(repository, digest), body, { meta });
    this.#recent.add(digest, body);
  }

  async remove(repository: string, digest: Digest): Promise<void> {
    await this.#bucket.delete(this.#keys.manifest(repository, digest));
  }
}
