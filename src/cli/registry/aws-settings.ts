import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno, UsageError } from '../../base/errors.ts';
import type { BucketSettings } from '../../registry-server/bucket/settings.ts';
import type { Host } from '../command.ts';

/** What Amazon's own tools would use. */
export interface AwsSettings {
  readonly credentials: BucketSettings['place']['credentials'];
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
}

type Section = ReadonlyMap<string, string>;

/**
 * Credentials, region and endpoint as Amazon's own tools find them: in the environment, else in
 * the files of profiles. Throws UsageError when there are no credentials, unless some are `given`.
 */
export function awsSettings(
  { env }: Pick<Host, 'env'>,
  given?: AwsSettings['credentials'],
): AwsSettings {
  const home = env['HOME'] ?? '';
  const name = env['AWS_PROFILE'] || 'default';
  const secrets = section(
    env['AWS_SHARED_CREDENTIALS_FILE'] || join(home, '.aws/credentials'),
    name,
  );
  const config = section(
    env['AWS_CONFIG_FILE'] || join(home, '.aws/config'),
    name === 'default' ? name : `profile ${name}`,
  );
  const isTyped = Boolean(env['AWS_ACCESS_KEY_ID'] && env['AWS_SECRET_ACCESS_KEY']);
  const of = (variable: string, key: string): string | undefined =>
    (isTyped ? env[variable] : (secrets.get(key) ?? config.get(key))) || undefined;
  const accessKeyId = of('AWS_ACCESS_KEY_ID', 'aws_access_key_id');
  const secretAccessKey = of('AWS_SECRET_ACCESS_KEY', 'aws_secret_access_key');
  const sessionToken = of('AWS_SESSION_TOKEN', 'aws_session_token');
  if (!given && (accessKeyId === undefined || secretAccessKey === undefined)) {
    throw new UsageError('--s3 needs credentials, and none were found', {
      hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile in AWS_PROFILE.',
    });
  }
  return {
    credentials: given ?? {
      accessKeyId: accessKeyId ?? '',
      secretAccessKey: secretAccessKey ?? '',
      ...(sessionToken !== undefined && { sessionToken }),
    },
    region: env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || config.get('region'),
    endpoint: env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || config.get('endpoint_url'),
  };
}

/** A section of a file in the form of Amazon's tools; empty without the file or the section. */
function section(path: string, wanted: string): Section {
  const values = new Map<string, string>();
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return values;
    throw error;
  }
  let name = '';
  for (const line of text.split('\n')) {
    const head = /^\s*\[([^\]]*)\]/.exec(line)?.[1];
    if (head !== undefined) name = head.trim().replace(/\s+/g, ' ');
    const [, key, value] = /^([A-Za-z0-9_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === wanted && key !== undefined && value !== undefined) values.set(key, value);
  }
  return values;
}
