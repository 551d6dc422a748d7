import { ValueError } from '../errors.ts';

/**
 * A number of the configuration language: a fraction in lowest terms, `d` above zero. Exact until
 * it needs more than the 512 bits that HCL has, and rounded to those then.
 */
export interface Num {
  readonly n: bigint;
  readonly d: bigint;
}

const PRECISION = 512;
const EXACT_BITS = 1400;
const LARGEST_EXPONENT = 4096;
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/;

/** A whole number. Throws RangeError for what is none. */
export function whole(value: number | bigint): Num {
  return { n: BigInt(value), d: 1n };
}

/** n/d, reduced and bounded. Throws ValueError for what is out of bounds. */
export function fraction(n: bigint, d: bigint): Num {
  if (d === 0n) throw new ValueError('division by zero');
  const sign = d < 0n ? -1n : 1n;
  const divisor = gcd(n < 0n ? -n : n, d * sign) || 1n;
  const [top, bottom] = [(n * sign) / divisor, (d * sign) / divisor];
  const size = bits(top) + bits(bottom);
  if (size <= EXACT_BITS) return { n: top, d: bottom };
  if (size > 64 * LARGEST_EXPONENT) throw new ValueError('number is out of range');
  return rounded(top, bottom);
}

/** Reads decimal digits with fraction and exponent; undefined when it is no number. */
export function parseNumber(text: string): Num | undefined {
  const [, sign = '', int = '', rest = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  if (int === '' && rest === '') return undefined;
  if (text.length > 2 * LARGEST_EXPONENT || Math.abs(Number(exponent)) > LARGEST_EXPONENT) {
    throw new ValueError('number is out of range');
  }
  const digits = BigInt(`${int}${rest}`) * (sign === '-' ? -1n : 1n);
  const power = Number(exponent) - rest.length;
  return power >= 0
    ? fraction(digits * 10n ** BigInt(power), 1n)
    : fraction(digits, 10n ** BigInt(-power));
}

/** A floating-point number, as its shortest digits say it. Throws ValueError for NaN and infinities. */
export function fromFloat(value: number): Num {
  const parsed = Number.isFinite(value) ? parseNumber(`${value}`) : undefined;
  if (parsed === undefined) throw new ValueError('the result is not a number');
  return parsed;
}

/** The nearest floating-point number. */
export function toFloat({ n, d }: Num): number {
  if (d === 1n) return Number(n);
  const shift = Math.max(0, bits(n < 0n ? -n : n) - bits(d) - 64, -1074);
  const spare = Math.max(0, 64 - (bits(n < 0n ? -n : n) - bits(d)));
  return shift > 0 ? Number(n / d) : Number((n << BigInt(spare)) / d) / 2 ** spare;
}

/** A whole number that JavaScript can count with; undefined for others. */
export function toInteger({ n, d }: Num): number | undefined {
  const value = Number(n);
  return d === 1n && Number.isSafeInteger(value) ? value : undefined;
}

/** Decimal digits without exponent: exact where that is short enough, else the shortest that round to the same 512 bits. */
export function formatNumber(value: Num): string {
  const { n, d } = value;
  if (d === 1n) return n.toString();
  const exact = exactDecimal(n, d);
  if (exact !== undefined) return exact;
  const near = rounded(n, d);
  for (let digits = 153; digits < 158; digits += 1) {
    const text = decimal(near, digits);
    const back = parseNumber(text);
    if (back && compare(rounded(back.n, back.d), near) === 0) return text;
  }
  return decimal(near, 158);
}

/** Below, at or above zero, as for sorting. */
export function compare(a: Num, b: Num): number {
  const [left, right] = [a.n * b.d, b.n * a.d];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Towards minus infinity. */
export function floor({ n, d }: Num): bigint {
  const quotient = n / d;
  return n < 0n && quotient * d !== n ? quotient - 1n : quotient;
}

function exactDecimal(n: bigint, d: bigint): string | undefined {
  let [rest, twos, fives] = [d, 0, 0];
  for (; rest % 2n === 0n; rest /= 2n) twos += 1;
  for (; rest % 5n === 0n; rest /= 5n) fives += 1;
  const places = Math.max(twos, fives);
  if (rest !== 1n || places > 1100) return undefined;
  const scaled = (n * 10n ** BigInt(places)) / d;
  const text = placed(scaled, places);
  return text.replace(/[-.]/g, '').replace(/^0+/, '').length > 154 ? undefined : text;
}

/** Rounded to so many significant digits, trailing zeros left out. */
function decimal({ n, d }: Num, digits: number): string {
  const size = n < 0n ? -n : n;
  let places = digits - (size / d).toString().length;
  if (size < d) places = digits + (d / size).toString().length;
  const scaled = places >= 0 ? (size * 10n ** BigInt(places) * 2n + d) / (2n * d) : size / d;
  const text = placed(n < 0n ? -scaled : scaled, Math.max(0, places));
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function placed(scaled: bigint, places: number): string {
  const text = (scaled < 0n ? -scaled : scaled).toString().padStart(places + 1, '0');
  const int = text.slice(0, text.length - places);
  const rest = places === 0 ? '' : `.${text.slice(text.length - places)}`;
  return `${scaled < 0n ? '-' : ''}${int}${rest}`;
}

/** The nearest number with 512 significant bits. */
function rounded(n: bigint, d: bigint): Num {
  const size = n < 0n ? -n : n;
  if (size === 0n) return { n: 0n, d: 1n };
  const shift = bits(size) - bits(d) - PRECISION;
  const [top, bottom] = shift >= 0 ? [size, d << BigInt(shift)] : [size << BigInt(-shift), d];
  let mantissa = (top * 2n + bottom) / (2n * bottom);
  const extra = bits(mantissa) - PRECISION;
  if (extra > 0) mantissa = (((mantissa >> BigInt(extra - 1)) + 1n) >> 1n) << BigInt(extra);
  const signed = n < 0n ? -mantissa : mantissa;
  if (shift >= 0) return { n: signed << BigInt(shift), d: 1n };
  const bottomPower = 1n << BigInt(-shift);
  const divisor = gcd(mantissa, bottomPower);
  return { n: signed / divisor, d: bottomPower / divisor };
}

function bits(value: bigint): number {
  if (value === 0n) return 0;
  const digits = (value < 0n ? -value : value).toString(16);
  return digits.length * 4 - Math.clz32(Number.parseInt(digits.slice(0, 1), 16)) + 28;
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
