import { type Bytes, collect, once } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { InvalidInputError, StaveError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { HttpClient, HttpResponse } from '../../net/request.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestOf, encoded } from '../../oci/digest.ts';
import { DOCUMENT_LIMIT } from '../../oci/limits.ts';
import { MediaType } from '../../oci/media-types.ts';
import { isParent } from '../../transport/children.ts';
import type { Destination } from '../../transport/transport.ts';
import type { CacheSource } from './remote.ts';
import { signed, type S3Credentials } from './sigv4.ts';

/** Where in S3, or in what speaks its language, a cache lies. */
export interface S3Place {
  readonly bucket: string;
  readonly region: string;
  /** The cache's own name. */
  readonly name: string;
  /** Before every key: `team/`; then those of blobs and of manifests. */
  readonly prefix: string;
  readonly blobsPrefix: string;
  readonly manifestsPrefix: string;
  /** Amazon's unless given. */
  readonly endpoint?: string;
  /** The bucket is part of the path, not of the host. */
  readonly pathStyle: boolean;
  readonly credentials: S3Credentials;
}

/** What a cache in S3 works with. */
export interface S3Parts {
  readonly client: HttpClient;
  readonly clock: Clock;
}

/** A bucket answered with an error. */
export class S3Error extends StaveError {
  readonly code = 'S3';

  constructor(what: string, status: number, detail: string) {
    super(`${what}: the bucket answers ${status}${detail === '' ? '' : ` (${detail})`}`, {
      ...(status === 403 && {
        hint: 'Check the credentials, the region and the name of the bucket.',
      }),
      httpStatus: 502,
    });
  }
}

/** One request may send so many bytes. */
const MOST = 5 * 1024 ** 3;
const EMPTY = encoded(digestOf(''));
const ERROR_LIMIT = 64 * 1024;

/** A cache in a bucket, to read. */
export function s3Cache(place: S3Place, parts: S3Parts): CacheSource {
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
export function s3CacheTarget(place: S3Place, parts: S3Parts): Destination {
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
  readonly #place: S3Place;
  readonly #parts: S3Parts;

  constructor(place: S3Place, parts: S3Parts) {
    this.#place = place;
    this.#parts = parts;
    this.label = `s3://${place.bucket}/${place.prefix}${place.name}`;
    this.manifest = `${place.prefix}${place.manifestsPrefix}${place.name}`;
  }

  blob({ digest }: Descriptor): string {
    return `${this.#place.prefix}${this.#place.blobsPrefix}${digest}`;
  }

  async has(key: string, call: CallOptions = {}): Promise<boolean> {
    const response = await this.#ask('HEAD', key, EMPTY, undefined, call);
    await response.discard();
    if (response.status === 200) return true;
    if (response.status === 404) return false;
    throw new S3Error(this.label, response.status, '');
  }

  async get(key: string, call: CallOptions = {}): Promise<Bytes> {
    const response = await this.#ask('GET', key, EMPTY, undefined, call);
    if (response.status === 200) return response.body;
    if (response.status !== 404) throw await refusal(this.label, response);
    await response.discard();
    throw new InvalidInputError(`${this.label} holds no ${key}`);
  }

  async put(key: string, node: Descriptor, body: Bytes, call: CallOptions = {}): Promise<void> {
    if (node.size > MOST) throw new InvalidInputError(`${node.digest} is too large for S3`);
    const response = await this.#ask('PUT', key, encoded(node.digest), { body, node }, call);
    if (response.status !== 200) throw await refusal(this.label, response);
    await response.discard();
  }

  #ask(
    method: string,
    key: string,
    payload: string,
    content: { readonly body: Bytes; readonly node: Descriptor } | undefined,
    { signal }: CallOptions,
  ): Promise<HttpResponse> {
    const { credentials, region } = this.#place;
    const url = this.#url(key);
    const length = content && { 'content-length': String(content.node.size) };
    const now = this.#parts.clock.now();
    const headers = signed(
      { method, url, headers: { ...length }, payload },
      credentials,
      region,
      now,
    );
    return this.#parts.client.request(url, {
      method,
      headers,
      redirects: 0,
      ...(content && { body: content.body }),
      signal,
    });
  }

  #url(key: string): URL {
    const { bucket, region, endpoint, pathStyle } = this.#place;
    const url = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
    if (!pathStyle) url.host = `${bucket}.${url.host}`;
    const path = pathStyle ? `${bucket}/${key}` : key;
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${path.split('/').map(escaped).join('/')}`;
    return url;
  }
}

/** As S3 wants it: everything but letters, digits and `-._~` in percent. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function refusal(label: string, response: HttpResponse): Promise<S3Error> {
  let text = '';
  try {
    text = (await collect(response.body, ERROR_LIMIT)).toString();
  } catch {
    // What it says is only more to tell.
  }
  const message = /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(text)?.[1] ?? '';
  return new S3Error(label, response.status, message);
}
