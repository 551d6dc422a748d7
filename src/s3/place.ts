import type { S3Credentials } from './sigv4.ts';
import { escaped } from './escape.ts';

/** A bucket in S3, or in what speaks its language. */
export interface S3Place {
  readonly bucket: string;
  readonly region: string;
  /** An http(s) URL; Amazon's unless given. */
  readonly endpoint?: string;
  /** The bucket is part of the path, not of the host. */
  readonly pathStyle: boolean;
  readonly credentials: S3Credentials;
}

/** The address of an object; of the bucket itself without a key. */
export function addressOf(place: S3Place, key = ''): URL {
  const { bucket, region, endpoint, pathStyle } = place;
  const url = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  if (!pathStyle) url.host = `${bucket}.${url.host}`;
  const path = pathStyle ? `${bucket}/${key}` : key;
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${path.split('/').map(escaped).join('/')}`;
  return url;
}
