import { S3Error } from '../../s3/errors.ts';
import type { Bucket } from '../../s3/bucket.ts';
import { randomHex } from '../../sys/random.ts';
import type { BucketKeys } from './keys.ts';

const BODY = Buffer.from('stave tries what this store can do');
const LATER = Buffer.from('and removes this again');

/**
 * True when a store writes only what is not there, and only over what is as expected, when it is
 * asked to. Throws what the store answers when it cannot be written to at all.
 */
export async function keepsConditions(bucket: Bucket, keys: BucketKeys): Promise<boolean> {
  const key = `${keys.prefix}probe/${randomHex(8)}`;
  await bucket.put(key, BODY);
  try {
    if ((await bucket.put(key, LATER, { condition: 'absent' })) !== undefined) return false;
    const other = { etag: '"00000000000000000000000000000000"' };
    if ((await bucket.put(key, LATER, { condition: other })) !== undefined) return false;
    const etag = (await bucket.head(key))?.etag ?? '';
    return (await bucket.put(key, LATER, { condition: { etag } })) !== undefined;
  } catch (error) {
    if (error instanceof S3Error && (error.status === 400 || error.status === 501)) return false;
    throw error;
  } finally {
    await bucket.delete(key);
  }
}
