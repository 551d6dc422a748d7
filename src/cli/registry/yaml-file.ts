import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';

/** Such files are written by people. In bytes. */
const LIMIT = 1024 * 1024;

/** What is made of a file in YAML or JSON. Throws InvalidInputError, which names the file. */
export async function yamlFile<T>(
  typed: string,
  cwd: string,
  read: (document: unknown) => T,
): Promise<T> {
  const { parseDocument } = await import('yaml');
  const text = textOf(resolve(cwd, typed), typed);
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error) throw new InvalidInputError(`${typed}: ${error.message.split('\n')[0] ?? ''}`);
  try {
    return read(document.toJS({ maxAliasCount: 0 }));
  } catch (failure) {
    if (!(failure instanceof InvalidInputError)) throw failure;
    const { hint } = failure;
    throw new InvalidInputError(`${typed}: ${failure.message}`, hint === undefined ? {} : { hint });
  }
}

function textOf(path: string, typed: string): string {
  try {
    if (statSync(path).size > LIMIT) throw new InvalidInputError(`${typed} is too large`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    throw new InvalidInputError(`cannot read ${typed}`, { cause: error });
  }
}
