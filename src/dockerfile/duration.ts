import { goQuote } from '../base/go-quote.ts';
import { InstructionValueError } from './errors.ts';

const UNITS = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);
const PART = /(\d*)(\.\d*)?([^\d.]*)/uy;
const MAX = 2n ** 63n;

/**
 * Nanoseconds of a Go duration such as `1h30m`, `1.5s`, `-10ms`, `0`. Beyond 2^53 (104 days) the
 * nearest number. Throws {@link InstructionValueError} with Go's text.
 *
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function parseDuration(text: string): number {
  const negative = text.startsWith('-');
  const unsigned = negative || text.startsWith('+') ? text.slice(1) : text;
  if (unsigned === '0') return 0;
  if (unsigned === '') throw invalid(text);
  let total = 0n;
  for (let at = 0; at < unsigned.length;) {
    PART.lastIndex = at;
    const [part = '', whole = '', fraction = '', unit = ''] = PART.exec(unsigned) ?? [];
    if (whole === '' && fraction.length < 2) throw invalid(text);
    if (unit === '') {
      throw new InstructionValueError(`time: missing unit in duration ${goQuote(text)}`, {
        hint: `Units are ns, us, ms, s, m and h: ${text}s is as many seconds.`,
      });
    }
    const size = UNITS.get(unit);
    if (size === undefined) {
      throw new InstructionValueError(
        `time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}${meantUnit(unit)}`,
        { hint: /^d/i.test(unit) ? 'The longest unit is h: a day is 24h.' : undefined },
      );
    }
    if (whole.length > 19) throw invalid(text);
    total += BigInt(whole || '0') * size + partOf(fraction.slice(1), size);
    if (total > MAX || (total === MAX && !negative)) throw invalid(text);
    at += part.length;
  }
  return Number(negative ? -total : total);
}

/** The unit that a longer word for it stands for. */
function meantUnit(word: string): string {
  const unit = /^(?:(m)in|(h)(?:ou)?r|(s)ec|(ms|milli)|(us|micro))/i
    .exec(word)
    ?.findLast((part) => part !== undefined)
    ?.toLowerCase();
  if (unit === undefined) return '';
  return ` (did you mean ${unit.replace('milli', 'ms').replace('micro', 'us')}?)`;
}

/** The fraction's share of a unit; digits that cannot count are left out. */
function partOf(digits: string, size: bigint): bigint {
  const counted = digits.slice(0, 18);
  return counted === '' ? 0n : (BigInt(counted) * size) / 10n ** BigInt(counted.length);
}

function invalid(text: string): InstructionValueError {
  return new InstructionValueError(`time: invalid duration ${goQuote(text)}`);
}
