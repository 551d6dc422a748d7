import { goQuote } from '../../base/go-quote.ts';
import { ValueError } from '../errors.ts';
import type { PlainFunction } from '../eval/scope.ts';
import { convert } from '../value/convert.ts';
import { encodeJson } from '../value/json.ts';
import { formatNumber, parseNumber, toFloat, type Num } from '../value/number.ts';
import { BOOL, list, NUMBER, primitiveText, STRING, string, type Value } from '../value/value.ts';
import { argument, define, takes, text } from './define.ts';
import { characters } from './strings.ts';

const VERB = /%(?:%|([-+ #0]*)(\d+|)(?:\.(\d+))?(?:\[(\d+)\])?([a-zA-Z])?)/g;
const WIDEST = 10_000;

/** `format` and `formatlist`. */
export const FORMAT: Readonly<Record<string, PlainFunction>> = {
  format: define(
    [takes.text('format')],
    (args) => string(format(text(args, 0), args.slice(1))),
    takes.nullable('args'),
  ),
  formatlist: define([takes.text('format')], formatList, takes.nullable('args')),
};

/** Lists give each line one element; what is no list is the same on every line. */
function formatList(args: readonly Value[]): Value {
  const rest = args.slice(1);
  const lengths = rest.flatMap((one) => ('items' in one ? [one.items.length] : []));
  const [length = 1] = lengths;
  if (lengths.some((one) => one !== length))
    throw new ValueError('argument lists have inconsistent lengths');
  const lines = Array.from({ length }, (_, index) =>
    string(
      format(
        text(args, 0),
        rest.map((one) => ('items' in one ? argument(one.items, index) : one)),
      ),
    ),
  );
  return list(STRING, lines);
}

interface Verb {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly letter: string;
}

function format(pattern: string, args: readonly Value[]): string {
  let next = 0;
  let highest = 0;
  const result = pattern.replace(
    VERB,
    (whole, flags = '', width = '', precision?: string, explicit?: string, letter = '') => {
      if (whole === '%%') return '%';
      if (letter === '') throw new ValueError(`unrecognized format at ${JSON.stringify(whole)}`);
      if (explicit !== undefined) next = Number(explicit) - 1;
      const value = args[next];
      next += 1;
      highest = Math.max(highest, next);
      if (value === undefined)
        throw new ValueError(
          `not enough arguments for ${JSON.stringify(whole)}: need index ${next} but have ${args.length} total`,
        );
      if (Number(width) > WIDEST || Number(precision ?? 0) > WIDEST)
        throw new ValueError(`${whole} is too wide`);
      return formatOne(
        {
          flags: String(flags),
          width: Number(width),
          precision: precision === undefined ? undefined : Number(precision),
          letter: String(letter),
        },
        value,
        whole,
      );
    },
  );
  if (highest < args.length && !pattern.includes('[')) {
    throw new ValueError(`too many arguments; only ${highest} used by format string`);
  }
  return result;
}

function formatOne(verb: Verb, value: Value, whole: string): string {
  switch (verb.letter) {
    case 'v':
      return padded(verb, verb.flags.includes('#') ? encodeJson(value) : defaultText(value));
    case 't':
      return padded(verb, primitiveText(as(value, BOOL, whole)) ?? '');
    case 's':
    case 'q': {
      const one = primitiveText(as(value, STRING, whole)) ?? '';
      const cut =
        verb.precision === undefined ? one : characters(one).slice(0, verb.precision).join('');
      return padded(verb, verb.letter === 'q' ? goQuote(cut) : cut);
    }
    case 'd':
    case 'b':
    case 'o':
    case 'x':
    case 'X':
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G': {
      const converted = as(value, NUMBER, whole);
      if (converted.kind === 'number') return padded(verb, numberText(verb, converted.data));
    }
  }
  throw new ValueError(
    `unsupported format verb ${JSON.stringify(verb.letter)} in ${JSON.stringify(whole)}`,
  );
}

function as(value: Value, type: typeof STRING, whole: string): Value {
  try {
    if (value.kind === 'null') throw new ValueError('null value cannot be formatted');
    return convert(value, type);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new ValueError(`unsupported value for ${JSON.stringify(whole)}: ${error.message}`);
  }
}

function defaultText(value: Value): string {
  return primitiveText(value) ?? encodeJson(value);
}

function numberText({ flags, letter, precision }: Verb, value: Num): string {
  const sign = value.n < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const size = { n: value.n < 0n ? -value.n : value.n, d: value.d };
  return sign + unsigned(letter, size, precision);
}

function unsigned(letter: string, size: Num, precision: number | undefined): string {
  const int = size.n / size.d;
  switch (letter) {
    case 'd':
      return int.toString();
    case 'b':
      return int.toString(2);
    case 'o':
      return int.toString(8);
    case 'x':
      return int.toString(16);
    case 'X':
      return int.toString(16).toUpperCase();
    case 'f':
      return fixed(size, precision ?? 6);
    case 'e':
    case 'E': {
      const exponential = toFloat(size)
        .toExponential(Math.min(precision ?? 6, 100))
        .replace(/e([+-])(\d)$/, 'e$10$2');
      return letter === 'E' ? exponential.toUpperCase() : exponential;
    }
    default:
      return shortest(letter, size, precision);
  }
}

/** With an exponent where that is shorter, as Go decides it. */
function shortest(letter: string, size: Num, precision: number | undefined): string {
  const places = precision === undefined ? undefined : Math.min(Math.max(precision, 1), 100) - 1;
  const [digits = '0', power = '0'] = toFloat(size).toExponential(places).split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < (precision ?? 6)) {
    return precision === undefined
      ? formatNumber(size)
      : formatNumber(parseNumber(`${digits}e${power}`) ?? size);
  }
  const short = digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
  const text = `${short}e${exponent < 0 ? '-' : '+'}${`${Math.abs(exponent)}`.padStart(2, '0')}`;
  return letter === 'G' ? text.toUpperCase() : text;
}

function fixed({ n, d }: Num, places: number): string {
  const scale = 10n ** BigInt(places);
  const digits = ((n * scale * 2n + d) / (2n * d)).toString().padStart(places + 1, '0');
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

function padded({ flags, width, letter }: Verb, one: string): string {
  const missing = width - characters(one).length;
  if (missing <= 0) return one;
  if (flags.includes('-')) return one + ' '.repeat(missing);
  if (!flags.includes('0') || 'sqvt'.includes(letter))
    return (flags.includes('0') ? '0' : ' ').repeat(missing) + one;
  const sign = /^[-+ ]/.test(one) ? one.slice(0, 1) : '';
  return sign + '0'.repeat(missing) + one.slice(sign.length);
}
