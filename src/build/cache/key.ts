import { createHmac } from 'node:crypto';
import { digestOf, type Digest } from '../../oci/digest.ts';
import type { Ingredient } from '../../store/tables.ts';

/** Version of the key recipe: raising it makes every older record a miss. */
const KEY_VERSION = 1;

/** One thing that makes a result what it is, with its value at hand. */
export interface Fact {
  readonly kind: Ingredient['kind'];
  readonly name: string;
  readonly value: string;
}

/** A key and what it was made of. */
export interface CacheKey {
  readonly key: string;
  readonly ingredients: readonly Ingredient[];
}

/**
 * The key of a step: a digest over all its facts in order, so that whatever changes the key
 * is one of the facts kept beside it. `secret` hides the values of arguments in what is kept:
 * two records still tell that one changed, but not what it was.
 */
export function cacheKey(op: string, facts: readonly Fact[], secret: string): CacheKey {
  const recipe = [KEY_VERSION, op, ...facts.map((fact) => [fact.kind, fact.name, fact.value])];
  return {
    key: digestOf(JSON.stringify(recipe)),
    ingredients: facts.map(({ kind, name, value }) => ({
      kind,
      name,
      digest:
        kind === 'arg'
          ? (`sha256:${createHmac('sha256', secret).update(value).digest('hex')}` as Digest)
          : digestOf(value),
    })),
  };
}
