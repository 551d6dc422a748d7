import { type Clock, systemClock } from '../../base/clock.ts';
import { openClient } from '../../net/request.ts';
import { proxySettings } from '../../net/proxy.ts';
import type { S3Place } from '../../s3/place.ts';
import { S3Requests } from '../../s3/requests.ts';
import { type BucketStorage, openBucketStorage } from './bucket-storage.ts';

/** A registry in a bucket, as it is asked for. */
export interface BucketSettings {
  /** Where it lies, and who asks. */
  readonly place: S3Place;
  /** Before every key; empty, or ends with a slash. */
  readonly prefix: string;
  /** How messages call it: `s3://bucket/prefix`. */
  readonly label: string;
  /** Clients fetch blobs from the bucket itself. */
  readonly redirect: boolean;
  /** Tags that stay what they are once they mean something. Without it, none. */
  readonly isFixed?: ((repository: string, tag: string) => boolean) | undefined;
  /** Gives what variables of the environment say of proxies. */
  readonly variable: (name: string) => string | undefined;
  readonly userAgent: string;
  /** By which things are old. */
  readonly clock: Clock;
}

/** A storage with the connections that it works with. */
export interface OpenBucket extends Disposable {
  readonly storage: BucketStorage;
}

/** Opens the storage in a bucket. Throws S3Error, NetError and RegistryDataError. */
export async function openBucket(settings: BucketSettings): Promise<OpenBucket> {
  const { place, prefix, label, redirect, isFixed, variable, userAgent, clock } = settings;
  using scope = new DisposableStack();
  const client = scope.use(openClient({ proxy: proxySettings(variable), userAgent }));
  // A store refuses what is signed at another time than its own.
  const requests = new S3Requests(place, { client, clock: systemClock }, label);
  const storage = await openBucketStorage({ requests, prefix, clock, redirect, isFixed });
  const all = scope.move();
  return { storage, [Symbol.dispose]: () => all.dispose() };
}
