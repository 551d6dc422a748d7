import { type Bytes, collect, once } from '../../base/bytes.ts';
import { InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestOf, encoded } from '../../oci/digest.ts';
import { DOCUMENT_LIMIT } from '../../oci/limits.ts';
import { MediaType } from '../../oci/media-types.ts';
import type { S3Place } from '../../s3/place.ts';
import { type S3Parts, S3Requests } from '../../s3/requests.ts';
import { isParent } from '../../transport/children.ts';
import type { Destination } from '../../transport/transport.ts';
import type { CacheSource } from './remote.ts';

/** Where in S3, or in what speaks its language, a cache lies. */
export interface S3CachePlace extends S3Place {
  /** The cache's own name. */
  readonly name: string;
  /** Before every key: `team/`; then those of blobs and of manifests. */
  readonly prefix: string;
  readonly blobsPrefix: string;
  readonly manifestsPrefix: string;
}

/** One request may send so many bytes. */
const MOST = 5 * 1024 ** 3;

/** A cache in a bucket, to read. */
export function s3Cache(place: S3CachePlace, parts: S3Parts): CacheSource {
  const bucket = new Bucket(place, parts);
  let root: { readonly node: Descriptor; readonly data: Buffer } | undefined;
  return {
    label: bucket.label,
    async root(call) {
      const body = await bucket.get(bucket.manifest, call);
      const data = await collect(body, DOCUMENT_LIMIT);
      const node = { mediaType: MediaType.ociManifest, digest: digestOf(data), size: data.length };
      root = { node, data };
      return node;
    },
    fetch: (node, call) =>
      root?.node.digest === node.digest
        ? Promise.resolve(once(root.data))
        : bucket.get(bucket.blob(node), call),
  };
}

/** A cache in a bucket, to write: blobs under their digests, the manifest under the cache's name. */
export function s3CacheTarget(place: S3CachePlace, parts: S3Parts): Destination {
  const bucket = new Bucket(place, parts);
  let last: Buffer | undefined;
  return {
    label: bucket.label,
    has: (node, call) => bucket.has(bucket.blob(node), call),
    async put(node, body, call) {
      if (!isParent(node)) return bucket.put(bucket.blob(node), node, body, call);
      last = await collect(body, DOCUMENT_LIMIT);
      return bucket.put(bucket.blob(node), node, once(last), call);
    },
    async commit(node, call) {
      if (!last || digestOf(last) !== node.digest) throw new Error('not the last manifest put');
      await bucket.put(bucket.manifest, node, once(last), call);
    },
  };
}

class Bucket {
  readonly label: string;
  readonly manifest: string;
  readonly #place: S3CachePlace;
  readonly #requests: S3Requests;

  constructor(place: S3CachePlace, parts: S3Parts) {
    this.#place = place;
    this.label = `s3://${place.bucket}/${place.prefix}${place.name}`;
    this.#requests = new S3Requests(place, parts, this.label);
    this.manifest = `${place.prefix}${place.manifestsPrefix}${place.name}`;
  }

  blob({ digest }: Descriptor): string {
    return `${this.#place.prefix}${this.#place.blobsPrefix}${digest}`;
  }

  has(key: string, { signal }: CallOptions = {}): Promise<boolean> {
    return this.#requests.ask({ method: 'HEAD', key, signal }, [404], async (response) => {
      await response.discard();
      return response.status !== 404;
    });
  }

  get(key: string, { signal }: CallOptions = {}): Promise<Bytes> {
    return this.#requests.ask({ method: 'GET', key, signal }, [404], async (response) => {
      if (response.status !== 404) return response.body;
      await response.discard();
      throw new InvalidInputError(`${this.label} holds no ${key}`);
    });
  }

  async put(
    key: string,
    node: Descriptor,
    bytes: Bytes,
    { signal }: CallOptions = {},
  ): Promise<void> {
    const { digest, size } = node;
    if (size > MOST) throw new InvalidInputError(`${digest} is too large for S3`);
    const stream = { bytes, payload: encoded(digest), size };
    await this.#requests.ask({ method: 'PUT', key, stream, signal }, [], (response) =>
      response.discard(),
    );
  }
}
