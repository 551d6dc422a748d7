/** A number constant of a template. */
export interface NumberConstant {
  /** A bigint where it is larger than JavaScript's whole numbers are exact. */
  readonly value: number | bigint;
  readonly float: boolean;
}

const DIGITS = '(?:_?[0-9])*';
const INTEGER = new RegExp(
  `^(?:0|[1-9]${DIGITS}|0[oO]?(?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+)$`,
);
const DECIMAL = new RegExp(
  `^(?:[0-9]${DIGITS}\\.?(?:[0-9]${DIGITS})?|\\.[0-9]${DIGITS})(?:[eE][+-]?[0-9]${DIGITS})?$`,
);
const HEXADECIMAL = /^0[xX]_?([0-9a-fA-F_]*)\.?([0-9a-fA-F_]*)[pP]([+-]?[0-9_]+)$/;
const LARGEST = 2n ** 64n;

/**
 * Reads a number constant as Go does. Throws RangeError with the reason: Go calls whatever is no
 * number but looks like a whole one an overflow.
 */
export function readNumber(text: string): NumberConstant {
  const sign = text.startsWith('-') ? -1 : 1;
  const body = text.replace(/^[+-]/, '');
  const looksWhole = !/[.eEpP]/.test(body) || /^0[xX][^.pP]*$/.test(body);
  if (INTEGER.test(body)) {
    const plain = body.replaceAll('_', '').replace(/^0(?=[0-7])/, '0o');
    const value = BigInt(plain) * BigInt(sign);
    if (value >= LARGEST || value < -LARGEST / 2n) throw overflow(text);
    const exact =
      BigInt(Number.MIN_SAFE_INTEGER) <= value && value <= BigInt(Number.MAX_SAFE_INTEGER);
    return { value: exact ? Number(value) : value, float: false };
  }
  const plain = body.replaceAll('_', '');
  if (DECIMAL.test(body)) {
    if (looksWhole) throw overflow(text);
    return { value: sign * Number(plain), float: true };
  }
  const [, whole = '', part = '', exponent = ''] = HEXADECIMAL.exec(plain) ?? [];
  if (whole + part === '') throw new RangeError(`illegal number syntax: ${JSON.stringify(text)}`);
  const digits = Number.parseInt(whole + part, 16);
  return { value: sign * digits * 2 ** (Number(exponent) - 4 * part.length), float: true };
}

function overflow(text: string): RangeError {
  return new RangeError(`integer overflow: ${JSON.stringify(text)}`);
}
