import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';
import { readRules, NO_RULES, type TagRules } from '../../registry-server/maintenance/rules.ts';

/** Rules are written by people. In bytes. */
const LIMIT = 1024 * 1024;

/** The rules in a file; none without a file. Throws InvalidInputError. */
export async function readRulesFile(typed: string | undefined, cwd: string): Promise<TagRules> {
  if (typed === undefined) return NO_RULES;
  const { parseDocument } = await import('yaml');
  const text = textOf(resolve(cwd, typed), typed);
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error) throw new InvalidInputError(`${typed}: ${error.message.split('\n')[0] ?? ''}`);
  try {
    return readRules(document.toJS({ maxAliasCount: 0 }));
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
