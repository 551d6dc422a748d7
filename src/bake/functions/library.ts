import type { Callable } from '../eval/scope.ts';
import { string } from '../value/value.ts';
import { CIDR } from './cidr.ts';
import { COLLECTIONS } from './collections.ts';
import { define } from './define.ts';
import { ENCODING } from './encoding.ts';
import { FORMAT } from './format.ts';
import { LAZY } from './lazy.ts';
import { NUMBERS } from './numbers.ts';
import { regexFunctions } from './regex.ts';
import { SEMVER } from './semver.ts';
import { SETS } from './sets.ts';
import { STRINGS } from './strings.ts';
import { timeFunctions } from './time.ts';

/**
 * The functions that every bake file has.
 *
 * @see https://github.com/docker/buildx/blob/master/docs/bake-stdlib.md
 */
export function library({
  home,
  now,
}: {
  readonly home: string;
  readonly now: Date;
}): Map<string, Callable> {
  return new Map<string, Callable>(
    Object.entries({
      ...CIDR,
      ...COLLECTIONS,
      ...ENCODING,
      ...FORMAT,
      ...LAZY,
      ...NUMBERS,
      ...regexFunctions(),
      ...SEMVER,
      ...SETS,
      ...STRINGS,
      ...timeFunctions(now),
      homedir: define([], () => string(home)),
    }),
  );
}
