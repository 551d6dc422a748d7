/** What stands between `%` and the verb, and the verb. */
export interface Directive {
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
  readonly verb: string;
}

/** Fills up to the width of a directive: on the left, with `-` on the right, with `0` with zeros. */
export function pad(text: string, { flags, width }: Directive): string {
  if (width === undefined) return text;
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  return (flags.includes('0') ? '0' : ' ').repeat(missing) + text;
}

/** As {@link pad}; zeros go between the sign and the digits. */
export function padNumber(
  sign: string,
  digits: string,
  directive: Directive,
  zeros: boolean,
): string {
  const { flags, width } = directive;
  if (width !== undefined && zeros && flags.includes('0') && !flags.includes('-')) {
    return sign + digits.padStart(width - sign.length, '0');
  }
  return pad(sign + digits, { ...directive, flags: flags.replaceAll('0', '') });
}

/** What stands before a number. */
export function signOf(negative: boolean, flags: string): string {
  if (negative) return '-';
  if (flags.includes('+')) return '+';
  return flags.includes(' ') ? ' ' : '';
}
