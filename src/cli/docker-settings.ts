import { readFileSync } from 'node:fs';
import { InvalidInputError } from '../base/errors.ts';
import { Fields, parseJson } from '../oci/json.ts';
import type { Context } from './command.ts';

const LIMIT = 4 * 1024 * 1024;

/**
 * A text that the user has set in Docker's config.json, such as `imagesFormat`. What cannot be
 * read is told on stderr and does not count, as with Docker.
 */
export function dockerSetting(
  { env, stderr }: Pick<Context, 'env' | 'stderr'>,
  key: string,
): string | undefined {
  const folder = env['DOCKER_CONFIG'] || (env['HOME'] && `${env['HOME']}/.docker`);
  if (folder === undefined || folder === '') return undefined;
  const path = `${folder}/config.json`;
  let data: Buffer;
  try {
    data = readFileSync(path);
  } catch {
    // There is none, in nearly all cases; one that may not be read is `login`'s to speak of.
    return undefined;
  }
  if (data.length === 0) return undefined;
  try {
    const { json } = new Fields(parseJson(data, LIMIT, path), path);
    const value = Object.hasOwn(json, key) ? json[key] : undefined;
    return typeof value === 'string' && value !== '' ? value : undefined;
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    stderr.line(`WARNING: Error parsing config file (${path}): ${error.message}`);
    return undefined;
  }
}
