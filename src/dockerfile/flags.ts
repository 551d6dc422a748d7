import { closest } from '../base/suggest.ts';
import { InstructionValueError } from './errors.ts';
import type { Arg } from './words.ts';

/** What a flag takes: nothing or a boolean, one value, or a value each time it is given. */
export type FlagKind = 'boolean' | 'value' | 'values';

/** Flags by name, each with the places where it was given; a boolean has the value `true` or `false`. */
export type Flags = ReadonlyMap<string, readonly Arg[]>;

/**
 * Checks the flags of an instruction against those it knows. Throws
 * {@link InstructionValueError} for unknown and repeated ones and for missing or wrong values.
 */
export function readFlags(given: readonly Arg[], known: ReadonlyMap<string, FlagKind>): Flags {
  const flags = new Map<string, Arg[]>();
  for (const flag of given) {
    const equals = flag.value.indexOf('=');
    const written = equals < 0 ? flag.value : flag.value.slice(0, equals);
    const value = equals < 0 ? undefined : flag.value.slice(equals + 1);
    const name = written.slice(2);
    const kind = known.get(name);
    if (!kind) throw new InstructionValueError(unknown(written, value, known), { at: flag });
    const before = flags.get(name);
    if (before && kind !== 'values') {
      throw new InstructionValueError(`duplicate flag specified: ${written}`, { at: flag });
    }
    const place = { ...flag, value: flagValue(written, value, kind, flag) };
    if (before) before.push(place);
    else flags.set(name, [place]);
  }
  return flags;
}

function flagValue(written: string, value: string | undefined, kind: FlagKind, at: Arg): string {
  if (kind !== 'boolean') {
    if (value === undefined) {
      throw new InstructionValueError(`missing a value on flag: ${written}`, { at });
    }
    return value;
  }
  if (value === undefined) return 'true';
  if (value === '') throw new InstructionValueError(`missing a value on flag: ${written}`, { at });
  const lower = value.toLowerCase();
  if (lower === 'true' || lower === 'false') return lower;
  throw new InstructionValueError(`expecting boolean value for flag ${written}, not: ${value}`, {
    at,
  });
}

function unknown(
  written: string,
  value: string | undefined,
  known: ReadonlyMap<string, FlagKind>,
): string {
  const meant = meantFlag(written.slice(2), value, known);
  return `unknown flag: ${written}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
}

/** The flag that somebody nearly wrote: with other letters, or with something else for the `=`. */
function meantFlag(
  name: string,
  value: string | undefined,
  known: ReadonlyMap<string, FlagKind>,
): string | undefined {
  const names = [...known.keys()];
  const lower = name.toLowerCase();
  const begun = value === undefined ? names.find((one) => lower.startsWith(one)) : undefined;
  const rest = name.slice(begun?.length);
  if (begun !== undefined && /^[-:_]./.test(rest)) return `--${begun}=${rest.slice(1)}`;
  const near = closest(name, names) ?? names.find((one) => one === lower);
  if (near !== undefined) return `--${near}`;
  return begun === undefined ? undefined : `--${begun}=${rest}`;
}
