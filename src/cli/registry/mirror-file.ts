import { dirname, resolve } from 'node:path';
import type { MirrorDocument } from '../../registry-server/mirror/read-settings.ts';
import { yamlFile } from './yaml-file.ts';

/** Mirrors and jobs in a file; none without a file. Throws InvalidInputError. */
export async function readMirrorFile(
  typed: string | undefined,
  cwd: string,
): Promise<MirrorDocument> {
  if (typed === undefined) return { mirrors: [], sync: [] };
  const { readMirrors } = await import('../../registry-server/mirror/read-settings.ts');
  const folder = dirname(resolve(cwd, typed));
  return yamlFile(typed, cwd, (document) => readMirrors(document, folder));
}
