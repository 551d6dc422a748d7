import { createHash, createHmac } from 'node:crypto';
import { escaped } from './escape.ts';

/** Who asks. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A request to be signed. */
export interface Signable {
  readonly method: string;
  /** Its path is encoded already. */
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body, in hex. */
  readonly payload: string;
}

/**
 * The headers of a request with its signature, for S3. The same request at the same time has
 * the same signature.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function signed(
  request: Signable,
  credentials: S3Credentials,
  region: string,
  now: Date,
): Record<string, string> {
  const { url, headers, payload } = request;
  const time = timeOf(now);
  const all: Record<string, string> = {
    ...headers,
    host: url.host,
    'x-amz-content-sha256': payload,
    'x-amz-date': time,
    ...(credentials.sessionToken !== undefined && {
      'x-amz-security-token': credentials.sessionToken,
    }),
  };
  const names = Object.keys(all).sort();
  const signature = signatureOf({ ...request, headers: all }, credentials, region, time);
  const credential = `${credentials.accessKeyId}/${scopeOf(time, region)}`;
  const { host: _host, ...sent } = all;
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${names.join(';')},Signature=${signature}`,
  };
}

/**
 * An address at which anybody can GET what `url` means, for a number of seconds.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function presigned(
  url: URL,
  credentials: S3Credentials,
  region: string,
  now: Date,
  seconds: number,
): URL {
  const time = timeOf(now);
  const result = new URL(url);
  const words = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${credentials.accessKeyId}/${scopeOf(time, region)}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(seconds),
    ...(credentials.sessionToken !== undefined && {
      'X-Amz-Security-Token': credentials.sessionToken,
    }),
    'X-Amz-SignedHeaders': 'host',
  };
  result.search = queryOf(Object.entries(words));
  const signature = signatureOf(
    { method: 'GET', url: result, headers: { host: url.host }, payload: 'UNSIGNED-PAYLOAD' },
    credentials,
    region,
    time,
  );
  result.search += `&X-Amz-Signature=${signature}`;
  return result;
}

/** A query as it is signed: encoded and in order. */
export function queryOf(pairs: Iterable<readonly [string, string]>): string {
  return [...pairs]
    .map(([key, value]) => `${escaped(key)}=${escaped(value)}`)
    .sort()
    .join('&');
}

function signatureOf(
  { method, url, headers, payload }: Signable,
  { secretAccessKey }: S3Credentials,
  region: string,
  time: string,
): string {
  const names = Object.keys(headers).sort();
  const canonical = [
    method,
    url.pathname,
    queryOf(url.searchParams),
    ...names.map((name) => `${name}:${headers[name]?.trim() ?? ''}`),
    '',
    names.join(';'),
    payload,
  ].join('\n');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const text = ['AWS4-HMAC-SHA256', time, scopeOf(time, region), hash].join('\n');
  const key = [time.slice(0, 8), region, 's3', 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${secretAccessKey}`,
  );
  return createHmac('sha256', key).update(text).digest('hex');
}

function timeOf(now: Date): string {
  return now.toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function scopeOf(time: string, region: string): string {
  return `${time.slice(0, 8)}/${region}/s3/aws4_request`;
}
