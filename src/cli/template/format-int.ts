import { pad, padNumber, signOf, type Directive } from './directive.ts';
import { quote } from './quote.ts';

const RADIX: Readonly<Record<string, readonly [number, string]>> = {
  d: [10, ''],
  v: [10, ''],
  b: [2, '0b'],
  o: [8, '0'],
  O: [8, '0o'],
  x: [16, '0x'],
  X: [16, '0X'],
};

/** A whole number by a verb of `printf`; undefined for a verb that is none of theirs. */
export function formatInt(value: bigint, directive: Directive): string | undefined {
  const { verb, flags, precision } = directive;
  const size = value < 0n ? -value : value;
  switch (verb) {
    case 'c':
      return pad(letterOf(value), directive);
    case 'q':
      return pad(quote(letterOf(value), { mark: "'", ascii: flags.includes('+') }), directive);
    case 'U': {
      const point = `U+${size.toString(16).toUpperCase().padStart(4, '0')}`;
      const letter = flags.includes('#') ? ` '${letterOf(value)}'` : '';
      return pad(point + letter, { ...directive, flags: flags.replaceAll('0', '') });
    }
    default:
  }
  const radix = RADIX[verb];
  if (radix === undefined) return undefined;
  const [base, prefix] = radix;
  let digits = size.toString(base);
  if (verb === 'X') digits = digits.toUpperCase();
  if (precision === 0 && value === 0n) return pad('', directive);
  if (precision !== undefined) digits = digits.padStart(precision, '0');
  if (verb === 'O' || (flags.includes('#') && verb !== 'v')) digits = prefix + digits;
  return padNumber(signOf(value < 0n, flags), digits, directive, precision === undefined);
}

/** The letter of a number; numbers that are none show as the replacement mark. */
function letterOf(code: bigint): string {
  const isLetter = code >= 0n && code <= 0x10ffffn && !(code >= 0xd800n && code <= 0xdfffn);
  return String.fromCodePoint(isLetter ? Number(code) : 0xfffd);
}
