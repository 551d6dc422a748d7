import type { Clock } from '../base/clock.ts';
import { BLOB_LIMIT, DOCUMENT_LIMIT } from '../oci/limits.ts';
import type { Caller } from './access/access.ts';
import { Buckets, subscriber } from './access/buckets.ts';
import { Problem } from './errors.ts';
import { Quota } from './quota.ts';
import { UploadSessions } from './upload-sessions.ts';

/** What clients may take of a registry. What is not given is as the comment says. */
export interface LimitSettings {
  /** Requests in a second for each user, or each address without one; no limit. */
  readonly requestsPerSecond?: number | undefined;
  /** The largest blob, in bytes; 256 GiB, which is the most. */
  readonly blobSize?: number | undefined;
  /** The largest manifest, in bytes; 4 MiB, which is the most. */
  readonly manifestSize?: number | undefined;
  /** Bytes of the blobs and manifests of a repository; no limit. */
  readonly repositorySize?: number | undefined;
  /** Uploads that each user, or each address without one, may have open; 1000. */
  readonly uploads?: number | undefined;
  /** Connections at a time; no limit. */
  readonly connections?: number | undefined;
  /** Seconds that the head of a request may take; 20. */
  readonly headTime?: number | undefined;
  /** Seconds without a byte of a body; 60. */
  readonly silence?: number | undefined;
  /** Bytes in a second that a body brings at least, looked at over the time of `silence`; 64. */
  readonly slowest?: number | undefined;
}

const UPLOADS = 1000;
const HEAD_TIME = 20;
const SILENCE = 60;
const SLOWEST = 64;
/** Requests at once, in relation to those in a second. */
const BURST = 2;

/** Keeps clients to their limits. */
export class Limits {
  readonly blobSize: number;
  readonly manifestSize: number;
  readonly quota: Quota | undefined;
  readonly connections: number | undefined;
  /** In milliseconds. */
  readonly headTime: number;
  /** In milliseconds. */
  readonly silence: number;
  readonly slowest: number;
  readonly uploads: UploadSessions;
  readonly #rate: Buckets | undefined;

  constructor(settings: LimitSettings, clock: Clock) {
    const { requestsPerSecond: rate } = settings;
    this.blobSize = Math.min(settings.blobSize ?? BLOB_LIMIT, BLOB_LIMIT);
    this.manifestSize = Math.min(settings.manifestSize ?? DOCUMENT_LIMIT, DOCUMENT_LIMIT);
    const { repositorySize } = settings;
    this.quota = repositorySize === undefined ? undefined : new Quota(repositorySize, clock);
    this.connections = settings.connections;
    this.headTime = (settings.headTime ?? HEAD_TIME) * 1000;
    this.silence = (settings.silence ?? SILENCE) * 1000;
    this.slowest = settings.slowest ?? SLOWEST;
    this.uploads = new UploadSessions(settings.uploads ?? UPLOADS, clock);
    this.#rate = rate === undefined ? undefined : new Buckets(rate * BURST, rate, clock);
  }

  /** Throws Problem 429 for who has asked too often. `address` is looked at only if needed. */
  admit(caller: Caller, address: () => string): void {
    if (!this.#rate) return;
    const wait = this.#rate.take(holderOf(caller, address()));
    if (wait === 0) return;
    throw new Problem(429, 'TOOMANYREQUESTS', 'too many requests', { 'retry-after': String(wait) });
  }
}

/** Who a limit counts for. No address is a user's name with this sign before it. */
export function holderOf({ name }: Caller, address: string): string {
  return name === undefined ? subscriber(address) : `@${name}`;
}
