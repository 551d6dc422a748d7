/** Where time comes from, so that tests and `SOURCE_DATE_EPOCH` are ordinary. */
export interface Clock {
  now(): Date;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => new Date() };
