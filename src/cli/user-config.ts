import { readFileSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import type { Host } from './command.ts';

/** Forms of listings that Docker's config file may ask for. */
export type ListFormat = 'imagesFormat' | 'psFormat';

const LIMIT = 4 * 1024 * 1024;

/**
 * What Docker's config file says of a listing for which no form is typed; undefined where it says nothing. A file that
 * cannot be read is told of, and is as good as none.
 */
export function formatOf(
  key: ListFormat,
  { env, stderr }: Pick<Host, 'env' | 'stderr'>,
): string | undefined {
  const folder = env['DOCKER_CONFIG'] || `${env['HOME'] ?? ''}/.docker`;
  const path = `${folder}/config.json`;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR')) return undefined;
    throw error;
  }
  if (text.trim() === '') return undefined;
  try {
    if (text.length > LIMIT) throw new SyntaxError('it is too large');
    const config: unknown = JSON.parse(text);
    if (typeof config !== 'object' || config === null || !Object.hasOwn(config, key)) {
      return undefined;
    }
    const format = (config as Readonly<Record<string, unknown>>)[key];
    return typeof format === 'string' && format !== '' ? format : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    stderr.line(`WARNING: Error parsing config file (${path}): ${error.message}`);
    return undefined;
  }
}
