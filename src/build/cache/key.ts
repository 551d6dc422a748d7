import { digestOf, hmacOf, type Digest } from '../../oci/digest.ts';
import type { Ingredient } from '../../store/tables.ts';
import type { FileList } from './file-list.ts';

/** Version of the key recipe: raising it makes every older record a miss. */
const KEY_VERSION = 1;
/** Marks a variable that came with the base image. */
export const OF_THE_BASE = 'of the base image';
/** Characters of a text that are kept. */
export const LONGEST_TEXT = 4096;

/** One thing that makes a result what it is, with its value at hand. */
export interface Fact {
  readonly kind: Ingredient['kind'];
  readonly name: string;
  readonly value: string;
  /** The name tells people where the value came from, and makes no other key. */
  readonly unnamed?: boolean;
  /** For people, no part of the key; see `Ingredient.text`. */
  readonly text?: string;
  /** Of content: the entries that `value` is the digest of. */
  readonly list?: FileList;
}

/** A key and what it was made of. */
export interface CacheKey {
  readonly key: string;
  readonly ingredients: readonly Ingredient[];
  /** By the digest of their ingredient. */
  readonly lists?: ReadonlyMap<Digest, FileList>;
}

/**
 * The key of a step: a digest over all its facts in order, so that whatever changes the key
 * is one of the facts kept beside it. `secret` hides the values of arguments in what is kept:
 * two records still tell that one changed, but not what it was.
 */
export function cacheKey(op: string, facts: readonly Fact[], secret: string): CacheKey {
  const parts = facts.map(({ kind, name, value, unnamed }) =>
    unnamed === true ? [kind, value] : [kind, name, value],
  );
  const recipe = [KEY_VERSION, op, ...parts];
  const lists = new Map<Digest, FileList>();
  const ingredients = facts.map((fact): Ingredient => {
    const { kind, name, value, list } = fact;
    // What flags say is no secret: it is in the Dockerfile, and most of it in the history.
    const text = fact.text ?? (kind === 'flag' ? value : undefined);
    const digest = kind === 'arg' ? hmacOf(secret, value) : digestOf(value);
    if (list) lists.set(digest, list);
    return { kind, name, digest, ...(text !== undefined && { text: text.slice(0, LONGEST_TEXT) }) };
  });
  return { key: digestOf(JSON.stringify(recipe)), ingredients, lists };
}
