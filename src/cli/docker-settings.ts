import { readFileSync } from 'node:fs';
import { InvalidInputError } from '../base/errors.ts';
import { Fields, parseJson } from '../oci/json.ts';
import type { Context } from './command.ts';

const LIMIT = 4 * 1024 * 1024;

type Where = Pick<Context, 'env' | 'stderr'>;

/** A text that the user has set in Docker's config.json, such as `imagesFormat`. */
export function dockerSetting(where: Where, key: string): string | undefined {
  const value = settingOf(where, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A list of texts from there, such as `pruneFilters`. */
export function dockerSettings(where: Where, key: string): readonly string[] {
  const value = settingOf(where, key);
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** What cannot be read is told on stderr and does not count, as with Docker. */
function settingOf({ env, stderr }: Where, key: string): unknown {
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
    return Object.hasOwn(json, key) ? json[key] : undefined;
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    stderr.line(`WARNING: Error parsing config file (${path}): ${error.message}`);
    return undefined;
  }
}
