import { InvalidInputError } from '../../base/errors.ts';
import type { CacheCondition, CacheEntry, CacheFilter } from '../system-types.ts';

/** A test for entries of the build cache. Throws InvalidInputError for a bad pattern. */
export function cacheTest({ usedBefore, conditions = [] }: CacheFilter = {}): (
  entry: CacheEntry,
) => boolean {
  const tests = conditions.map(conditionTest);
  return (entry) =>
    (usedBefore === undefined || entry.used < usedBefore) && tests.every((test) => test(entry));
}

function conditionTest(condition: CacheCondition): (entry: CacheEntry) => boolean {
  const { match } = condition;
  const values = valuesOf(condition);
  const matches = matcher(condition);
  return (entry) => {
    const found = values(entry).some(matches);
    return match === 'not' ? !found : found;
  };
}

function matcher({ match, value }: CacheCondition): (text: string) => boolean {
  if (match !== 'like') return (text) => text === value;
  try {
    const pattern = new RegExp(value);
    return (text) => pattern.test(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidInputError(`invalid filter: ${JSON.stringify(value)} is no pattern`, {
      cause: error,
    });
  }
}

function valuesOf({ property }: CacheCondition): (entry: CacheEntry) => readonly string[] {
  switch (property) {
    case 'id':
      return ({ id }) => [id];
    case 'parent':
      return ({ parents }) => parents;
    case 'type':
      return ({ type }) => [type];
    case 'description':
      return ({ description }) => [description];
    case 'inuse':
      return ({ inUse }) => [String(inUse)];
    case 'shared':
      return ({ shared }) => [String(shared)];
    case 'private':
      return ({ shared }) => [String(!shared)];
    case 'mutable':
      return ({ mutable }) => [String(mutable)];
    case 'immutable':
      return ({ mutable }) => [String(!mutable)];
  }
}
