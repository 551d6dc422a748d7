import { StaveError } from '../../base/errors.ts';
import { closest } from '../../base/suggest.ts';
import { parseReference } from '../../oci/reference.ts';
import type { Dockerfile, Word } from '../ast.ts';
import { ExpansionError } from '../errors.ts';
import { expandWord, type ExpansionBudget, expansionBudget } from '../expand.ts';
import { finding, type LintWarning } from './rule.ts';

/** How many near names are looked for: each costs a walk over all that are declared. */
const MOST_SUGGESTIONS = 100;

/** What FROM lines are expanded with. */
export interface FromArguments {
  /** Predefined arguments, as they are without any ARG. */
  readonly predefined: ReadonlyMap<string, string>;
  /** Predefined arguments and the ARGs before the first FROM, build arguments applied. */
  readonly globals: ReadonlyMap<string, string>;
}

/** UndefinedArgInFrom, InvalidDefaultArgInFrom. */
export function fromArguments(file: Dockerfile, given: FromArguments): LintWarning[] {
  const budget = expansionBudget();
  return [...undeclared(file, given, budget), ...badDefaults(file, given, budget)];
}

function undeclared(file: Dockerfile, { globals }: FromArguments, budget: ExpansionBudget) {
  const declared = new Set(globals.keys());
  for (const { args } of file.globals) for (const { name } of args) declared.add(name);
  const found: LintWarning[] = [];
  for (const { from } of file.stages) {
    const unset = new Set<string>();
    for (const word of [from.image, ...(from.platform ? [from.platform] : [])]) {
      tryExpand(file, word, globals, budget, unset);
    }
    for (const name of unset.difference(declared)) {
      const near = found.length < MOST_SUGGESTIONS ? closest(name, declared) : undefined;
      const hint = near === undefined ? '' : ` (did you mean ${near}?)`;
      found.push(
        finding('UndefinedArgInFrom', `FROM argument '${name}' is not declared${hint}`, from),
      );
    }
  }
  return found;
}

/** Names of images that are only good because a build argument was given. */
function badDefaults(file: Dockerfile, { predefined }: FromArguments, budget: ExpansionBudget) {
  const defaults = new Map(predefined);
  for (const { args } of file.globals) {
    for (const { name, value } of args) {
      const text = value ? tryExpand(file, value, defaults, budget) : undefined;
      if (value && text === undefined) return [];
      if (text !== undefined) defaults.set(name, text);
    }
  }
  const found: LintWarning[] = [];
  for (const { from } of file.stages) {
    if (!from.image.raw.includes('$')) continue;
    const image = tryExpand(file, from.image, defaults, budget);
    if (image === undefined) break;
    if (isReference(image)) continue;
    found.push(
      finding(
        'InvalidDefaultArgInFrom',
        `Default value for ARG ${from.image.raw} results in empty or invalid base image name`,
        from,
      ),
    );
  }
  return found;
}

/** `undefined` for a word that cannot be expanded: an error of its own, told when it is needed. */
function tryExpand(
  file: Dockerfile,
  word: Word,
  values: ReadonlyMap<string, string>,
  budget: ExpansionBudget,
  unset = new Set<string>(),
): string | undefined {
  try {
    const options = { escape: file.escape, budget, unset };
    return expandWord(word.raw, (name) => values.get(name), options);
  } catch (error) {
    if (error instanceof ExpansionError) return undefined;
    throw error;
  }
}

function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch (error) {
    if (error instanceof StaveError) return false;
    throw error;
  }
}
