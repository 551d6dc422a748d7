/**
 * In milliseconds: what is younger is not collected. Longer than any request takes, so that what a
 * request has seen does not go before it ends.
 */
export const COLLECT_GRACE: number = 2 * 3600 * 1000;
