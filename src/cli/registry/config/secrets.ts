import { readFileSync, statSync } from 'node:fs';
import { InvalidInputError } from '../../../base/errors.ts';
import type { Host } from '../../command.ts';
import type { SecretReference } from './shape.ts';

const LIMIT = 64 * 1024;

/** What a reference leads to, without one line end. Throws InvalidInputError; `what` is for it. */
export function secretAt(
  reference: SecretReference,
  what: string,
  { env }: Pick<Host, 'env'>,
): string {
  if ('env' in reference) {
    const value = env[reference.env];
    if (value) return value;
    throw new InvalidInputError(`${what}: there is no variable ${reference.env}`);
  }
  const { file } = reference;
  let text: string;
  try {
    if (statSync(file).size > LIMIT) throw new InvalidInputError(`${what}: ${file} is too large`);
    text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    throw new InvalidInputError(`${what}: cannot read ${file}`, { cause: error });
  }
  if (text === '') throw new InvalidInputError(`${what}: ${file} is empty`);
  return text;
}
