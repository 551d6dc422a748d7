import { goExponent, print, printFloat } from './print.ts';
import { quote } from './quote.ts';
import { fieldOf, isMap, isSlice, isTagged, sortedKeys, typeName, type Value } from './values.ts';

/** What stands between `%` and the verb. */
interface Directive {
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
  readonly verb: string;
}

const DIRECTIVE = /%([+\-# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?([\s\S])?/gu;
/** Wider than any terminal; a guard against `%999999999d`. */
const WIDEST = 10_000;

/**
 * Formats like Go's `Sprintf`, mistakes included: `%!d(string=hi)`, `%!s(MISSING)`,
 * `%!(EXTRA int=1)`.
 *
 * @see https://pkg.go.dev/fmt#hdr-Printing
 */
export function sprintf(format: string, args: readonly Value[]): string {
  let used = 0;
  let text = format.replace(
    DIRECTIVE,
    (whole: string, flags: string, width?: string, precision?: string, verb?: string) => {
      if (verb === undefined) return '%!(NOVERB)';
      if (verb === '%') return '%';
      const size = (given: string | undefined): number | undefined => {
        if (given !== '*') return given === undefined ? undefined : Math.min(Number(given), WIDEST);
        const value = args[used++];
        return typeof value === 'number' ? Math.min(value, WIDEST) : undefined;
      };
      const wide = size(width);
      const fine = size(precision) ?? (/\.\*?[a-zA-Z]$/.test(whole) ? 0 : undefined);
      if (used >= args.length) return `%!${verb}(MISSING)`;
      const left = wide !== undefined && wide < 0 ? '-' : '';
      const directive: Directive = {
        flags: flags + left,
        width: wide === undefined ? undefined : Math.abs(wide),
        precision: fine,
        verb,
      };
      return formatOne(args[used++], directive);
    },
  );
  if (used < args.length) {
    const extra = args
      .slice(used)
      .map((value) =>
        value === null || value === undefined ? '<nil>' : `${typeName(value)}=${print(value)}`,
      );
    text += `%!(EXTRA ${extra.join(', ')})`;
  }
  return text;
}

function formatOne(value: Value, directive: Directive): string {
  const { verb, flags } = directive;
  if (verb === 'T')
    return pad(value === null || value === undefined ? '<nil>' : typeName(value), directive);
  if (verb === 'v' && flags.includes('#')) return pad(goSyntax(value), directive);
  if (value === null || value === undefined) {
    return pad(verb === 'v' ? '<nil>' : `%!${verb}(<nil>)`, directive);
  }
  if (isSlice(value)) {
    if (verb === 'x' && value.every((one) => typeof one === 'string') && value.length === 0)
      return '[]';
    return `[${value.map((one) => formatOne(one, directive)).join(' ')}]`;
  }
  if (isMap(value)) {
    return `map[${sortedKeys(value)
      .map((key) => `${formatOne(key, directive)}:${formatOne(value.get(key), directive)}`)
      .join(' ')}]`;
  }
  if (typeof value === 'string') return formatString(value, directive);
  if (typeof value === 'boolean') {
    return verb === 't' || verb === 'v' ? pad(String(value), directive) : wrong(value, verb);
  }
  if (typeof value === 'number') return formatInt(value, directive);
  switch (value.kind) {
    case 'float':
      return formatFloat(value.value, directive);
    case 'struct': {
      const plus = flags.includes('+');
      return `{${[...value.fields.keys()]
        .map((name) => (plus ? `${name}:` : '') + formatOne(fieldOf(value, name)?.value, directive))
        .join(' ')}}`;
    }
    case 'nil':
    case 'time':
    case 'method':
      return verb === 'v' || verb === 's' ? pad(print(value), directive) : wrong(value, verb);
  }
}

function formatString(value: string, directive: Directive): string {
  const { verb, precision, flags } = directive;
  const cut = precision === undefined ? value : Array.from(value).slice(0, precision).join('');
  switch (verb) {
    case 's':
    case 'v':
      return pad(cut, directive);
    case 'q':
      if (flags.includes('#') && !/[`\x00-\x08\x0a-\x1f\x7f]/.test(cut))
        return pad(`\`${cut}\``, directive);
      return pad(quote(cut), directive);
    case 'x':
    case 'X': {
      const bytes = Buffer.from(value).subarray(0, precision);
      const parts = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
      const prefix = flags.includes('#') && bytes.length > 0 ? '0x' : '';
      const hex = prefix + parts.join(flags.includes(' ') ? ` ${prefix}` : '');
      return pad(verb === 'X' ? hex.toUpperCase() : hex, directive);
    }
    default:
      return wrong(value, verb);
  }
}

const RADIX: Readonly<Record<string, readonly [number, string]>> = {
  d: [10, ''],
  v: [10, ''],
  b: [2, '0b'],
  o: [8, '0'],
  O: [8, '0o'],
  x: [16, '0x'],
  X: [16, '0X'],
};

/** The letter of a number; numbers that are none show as the replacement mark. */
function letterOf(code: number): string {
  const isLetter = code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return String.fromCodePoint(isLetter ? code : 0xfffd);
}

function formatInt(value: number, directive: Directive): string {
  const { verb, flags, precision } = directive;
  if (verb === 'c') return pad(letterOf(value), directive);
  if (verb === 'q') return pad(quote(letterOf(value), "'"), directive);
  if (verb === 'U') return pad(`U+${value.toString(16).toUpperCase().padStart(4, '0')}`, directive);
  const radix = RADIX[verb];
  if (radix === undefined) return wrong(value, verb);
  const [base, prefix] = radix;
  let digits = Math.abs(value).toString(base);
  if (verb === 'X') digits = digits.toUpperCase();
  if (precision !== undefined) digits = digits.padStart(precision, '0');
  if (verb === 'O' || (flags.includes('#') && verb !== 'v')) digits = prefix + digits;
  return padNumber(signOf(value, flags), digits, directive, precision === undefined);
}

function formatFloat(value: number, directive: Directive): string {
  const { verb, flags, precision } = directive;
  const size = Math.abs(value);
  let digits: string;
  switch (verb) {
    case 'v':
      digits = precision === undefined ? printFloat(size) : general(size, precision);
      break;
    case 'g':
    case 'G':
      digits = precision === undefined ? shortest(size) : general(size, precision);
      break;
    case 'f':
    case 'F':
      digits = size.toFixed(Math.min(precision ?? 6, 100));
      break;
    case 'e':
    case 'E':
      digits = goExponent(size.toExponential(Math.min(precision ?? 6, 100)));
      break;
    default:
      return wrong({ kind: 'float', value }, verb);
  }
  if (verb === 'G' || verb === 'E') digits = digits.toUpperCase();
  return padNumber(signOf(value, flags), digits, directive, true);
}

/** `%g` without a precision: an exponent from 1e21, as `%v`. */
const shortest = printFloat;

function general(size: number, precision: number): string {
  const digits = Math.max(1, Math.min(precision, 100));
  const exponent = size === 0 ? 0 : Math.floor(Math.log10(Number(size.toPrecision(digits))));
  if (exponent < -4 || exponent >= digits) {
    return goExponent(size.toExponential(digits - 1).replace(/\.?0+e/, 'e'));
  }
  return String(Number(size.toPrecision(digits)));
}

function signOf(value: number, flags: string): string {
  if (value < 0 || Object.is(value, -0)) return '-';
  if (flags.includes('+')) return '+';
  return flags.includes(' ') ? ' ' : '';
}

function padNumber(sign: string, digits: string, directive: Directive, zeros: boolean): string {
  const { flags, width } = directive;
  if (width !== undefined && zeros && flags.includes('0') && !flags.includes('-')) {
    return sign + digits.padStart(width - sign.length, '0');
  }
  return pad(sign + digits, directive);
}

function pad(text: string, { flags, width }: Directive): string {
  if (width === undefined) return text;
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  return (flags.includes('0') ? '0' : ' ').repeat(missing) + text;
}

function wrong(value: Value, verb: string): string {
  return `%!${verb}(${typeName(value)}=${print(value)})`;
}

/** `%#v`: the value as it would be written in Go. */
function goSyntax(value: Value): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'string') return quote(value);
  if (isSlice(value)) return `${typeName(value)}{${value.map(goSyntax).join(', ')}}`;
  if (isMap(value)) {
    const members = sortedKeys(value).map((key) => `${quote(key)}:${goSyntax(value.get(key))}`);
    return `${typeName(value)}{${members.join(', ')}}`;
  }
  if (isTagged(value) && value.kind === 'nil') return `${typeName(value)}(nil)`;
  if (isTagged(value) && value.kind === 'struct') {
    const members = [...value.fields.keys()].map(
      (name) => `${name}:${goSyntax(fieldOf(value, name)?.value)}`,
    );
    return `${value.type}{${members.join(', ')}}`;
  }
  return print(value);
}
