import { collect } from '../../base/bytes.ts';
import type { Bucket } from '../../s3/bucket.ts';
import { S3Error } from '../../s3/errors.ts';
import { randomHex } from '../../sys/random.ts';
import type { BucketKeys } from './keys.ts';

/** What a store can do. */
export interface StoreTraits {
  /** Writes only what is not there, and only over what is as expected, when it is asked to. */
  readonly conditions: boolean;
  /** Gives the part of an object that it is asked for. Some give the beginning of it. */
  readonly ranges: boolean;
}

const BODY = Buffer.from('0123456789');
const LATER = Buffer.from('and is removed again');

/** Tries what a store can do. Throws what it answers when it cannot be written to at all. */
export async function probeStore(bucket: Bucket, keys: BucketKeys): Promise<StoreTraits> {
  const key = `${keys.prefix}probe/${randomHex(8)}`;
  await bucket.put(key, BODY);
  try {
    return {
      ranges: await doesRanges(bucket, key),
      conditions: await keepsConditions(bucket, key),
    };
  } finally {
    await bucket.delete(key);
  }
}

async function doesRanges(bucket: Bucket, key: string): Promise<boolean> {
  try {
    return (await collect(bucket.read(key, 4, 7))).toString() === '456';
  } catch (error) {
    if (error instanceof S3Error) return false;
    throw error;
  }
}

async function keepsConditions(bucket: Bucket, key: string): Promise<boolean> {
  try {
    if ((await bucket.put(key, LATER, { condition: 'absent' })) !== undefined) return false;
    const other = { etag: '"00000000000000000000000000000000"' };
    if ((await bucket.put(key, LATER, { condition: other })) !== undefined) return false;
    const etag = (await bucket.head(key))?.etag ?? '';
    return (await bucket.put(key, LATER, { condition: { etag } })) !== undefined;
  } catch (error) {
    if (error instanceof S3Error && (error.status === 400 || error.status === 501)) return false;
    throw error;
  }
}
