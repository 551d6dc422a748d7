import { padNumber, signOf, type Directive } from './directive.ts';
import { goExponent, printFloat } from './print.ts';

/** JavaScript writes no more digits than these. */
const MOST_DIGITS = 100;

/** A floating-point number by a verb of `printf`; undefined for a verb that is none of theirs. */
export function formatFloat(value: number, directive: Directive): string | undefined {
  const { verb, flags, precision } = directive;
  const size = Math.abs(value);
  let digits: string;
  switch (verb) {
    case 'v':
    case 'g':
    case 'G':
      digits = precision === undefined ? printFloat(size) : general(size, precision);
      break;
    case 'f':
    case 'F':
      digits = fixed(size, precision ?? 6);
      break;
    case 'e':
    case 'E':
      digits = exponential(size, precision ?? 6);
      break;
    case 'x':
    case 'X':
      digits = hexadecimal(size);
      break;
    default:
      return undefined;
  }
  if ('GEX'.includes(verb)) digits = digits.toUpperCase();
  return padNumber(signOf(value < 0 || Object.is(value, -0), flags), digits, directive, true);
}

/**
 * As toFixed(), but what lies in the middle goes to the even neighbour. A number in the middle
 * has few digits in full, so what JavaScript prints of it is exact.
 */
function fixed(size: number, precision: number): string {
  const places = Math.min(precision, MOST_DIGITS - 1);
  const rounded = size.toFixed(places);
  if (size >= 1e21 || !/^50*$/.test(rest(size.toFixed(MOST_DIGITS), places))) return rounded;
  const cut = size
    .toFixed(MOST_DIGITS)
    .slice(0, -(MOST_DIGITS - places))
    .replace(/\.$/, '');
  return /[02468]$/.test(cut) ? cut : rounded;
}

const rest = (text: string, places: number): string => text.slice(text.indexOf('.') + 1 + places);

function exponential(size: number, precision: number): string {
  const places = Math.min(precision, MOST_DIGITS - 1);
  const rounded = size.toExponential(places);
  const [mantissa = '', exponent = ''] = size.toExponential(MOST_DIGITS).split('e');
  if (!/^50*$/.test(rest(mantissa, places))) return goExponent(rounded);
  const cut = mantissa.slice(0, 2 + places).replace(/\.$/, '');
  return goExponent(/[02468]$/.test(cut) ? `${cut}e${exponent}` : rounded);
}

/** `%.3g`: so many digits that count, an exponent where they do not suffice. */
function general(size: number, precision: number): string {
  const digits = Math.max(1, precision);
  const [mantissa = '', exponent = ''] = exponential(size, digits - 1).split('e');
  const power = Number(exponent);
  const plain = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  if (power < -4 || power >= digits) return `${plain}e${exponent}`;
  const text = fixed(size, Math.max(0, digits - 1 - power));
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** `0x1.8p+00`: the mantissa in base 16, the exponent of 2 in base 10. */
function hexadecimal(size: number): string {
  if (size === 0) return '0x0p+00';
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, size);
  const all = bits.getBigUint64(0);
  let power = Number(all >> 52n) - 1023;
  let mantissa = all & (2n ** 52n - 1n);
  if (power === -1023) {
    power = -1022;
    while (mantissa < 2n ** 52n) {
      mantissa *= 2n;
      power -= 1;
    }
    mantissa -= 2n ** 52n;
  }
  const part = mantissa.toString(16).padStart(13, '0').replace(/0+$/, '');
  const sign = power < 0 ? '-' : '+';
  return `0x1${part === '' ? '' : `.${part}`}p${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}
