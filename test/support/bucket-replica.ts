import { type Clock, systemClock } from '../../src/base/clock.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { MediaType } from '../../src/oci/media-types.ts';
import type { BucketStorage } from '../../src/registry-server/bucket/bucket-storage.ts';
import { openBucket } from '../../src/registry-server/bucket/settings.ts';
import { openRegistryServer } from '../../src/registry-server/server.ts';
import type { S3Place } from '../../src/s3/place.ts';
import { type Answer, send, type Sent } from './served-registry.ts';

/** One of several registries over a bucket. */
export interface Replica extends AsyncDisposable {
  readonly url: string;
  readonly storage: BucketStorage;
  /** Failures that the log would have. */
  readonly failures: unknown[];
  readonly send: (method: string, path: string, sent?: Sent) => Promise<Answer>;
}

/** What a replica may have of its own. */
export interface ReplicaOptions {
  readonly clock?: Clock;
  readonly redirect?: boolean;
  readonly isFixed?: (repository: string, tag: string) => boolean;
}

/** Opens one. */
export async function openReplica(place: S3Place, options: ReplicaOptions = {}): Promise<Replica> {
  const { clock = systemClock, redirect = false, isFixed } = options;
  const failures: unknown[] = [];
  await using scope = new AsyncDisposableStack();
  const { storage } = scope.use(
    await openBucket({
      place,
      prefix: '',
      label: `s3://${place.bucket}`,
      redirect,
      isFixed,
      variable: () => undefined,
      userAgent: 'test',
      clock,
    }),
  );
  const server = scope.use(
    await openRegistryServer({
      host: '127.0.0.1',
      port: 0,
      storage,
      readOnly: false,
      onFailure: (error) => failures.push(error),
    }),
  );
  const all = scope.move();
  return {
    url: server.url,
    storage,
    failures,
    send: (method, path, sent) => send(server.url, method, path, sent),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Pushes an image of one layer and gives the answer to its manifest. */
export async function pushImage(
  { send: ask }: Pick<Replica, 'send'>,
  reference: { readonly repository: string; readonly tag: string },
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer & { readonly digest: string }> {
  const { repository, tag } = reference;
  const layer = digestOf(text);
  const path = `/v2/${repository}/blobs/uploads/?digest=${layer}`;
  const blob = await ask('POST', path, { body: text });
  if (blob.status !== 201) return { ...blob, digest: '' };
  const one = { mediaType: MediaType.ociLayer, digest: layer, size: Buffer.byteLength(text) };
  const body = JSON.stringify({ schemaVersion: 2, config: one, layers: [one] });
  const answer = await ask('PUT', `/v2/${repository}/manifests/${tag}`, {
    body,
    headers: { 'content-type': MediaType.ociManifest, ...headers },
  });
  return { ...answer, digest: digestOf(body) };
}
