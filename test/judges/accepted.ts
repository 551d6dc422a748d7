/** A difference from BuildKit that is meant. Everything else fails the run. */
export interface Accepted {
  /** Names of cases. */
  readonly where: RegExp;
  readonly what: RegExp;
  readonly why: string;
}

export const ACCEPTED: readonly Accepted[] = [];

/** Why a difference is fine, if it is. */
export function acceptedBecause(name: string, difference: string): string | undefined {
  return ACCEPTED.find(({ where, what }) => where.test(name) && what.test(difference))?.why;
}
