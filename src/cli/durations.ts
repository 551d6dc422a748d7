const UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds: Go counts nanoseconds with 64 bits, some 292 years. */
export const LONGEST_DURATION = 2 ** 63 / 1e6;

/**
 * Milliseconds of a duration in Go's form: `1h2m3s`, `-1.5h`, `300ms`, `0`. Undefined when
 * the text is none, or a longer one than there can be.
 *
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function goDuration(text: string): number | undefined {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+|0)$/.exec(
    text,
  );
  if (!match) return undefined;
  const [, sign, body = ''] = match;
  let total = 0;
  for (const [, value, unit = ''] of body.matchAll(
    /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g,
  )) {
    total += Number(value) * (UNIT[unit] ?? 0);
  }
  if (total > LONGEST_DURATION) return undefined;
  return sign === '-' ? -total : total;
}
