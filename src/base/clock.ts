/** Where time comes from, so that tests and `SOURCE_DATE_EPOCH` are ordinary. */
export interface Clock {
  now(): Date;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => new Date() };

/**
 * Milliseconds that only ever grow, for durations. (`performance.now()` costs 2 ms when it is
 * first asked for.)
 */
export function elapsed(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/** A time in the form of image documents: RFC 3339 in UTC, without zeros at the fraction's end. */
export function rfc3339Nano(time: Date): string {
  return time.toISOString().replace(/\.?0*Z$/, 'Z');
}
