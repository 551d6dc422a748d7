/** A difference from BuildKit that is meant. Everything else fails the run. */
export interface Accepted {
  /** Names of cases. */
  readonly where: RegExp;
  readonly what: RegExp;
  readonly why: string;
}

export const ACCEPTED: readonly Accepted[] = [
  {
    where: /^copy-many-no-slash$/,
    what: /only stave refuses/,
    why: 'the reference asks for a slash; BuildKit keeps the last source only and says nothing',
  },
  {
    where: /./,
    what: / mtime \(directory\): stave \d+, BuildKit the time of the run$/,
    why: 'a directory that something is put into keeps its time: the layer is the same at any hour',
  },
];

/** Why a difference is fine, if it is. */
export function acceptedBecause(name: string, difference: string): string | undefined {
  return ACCEPTED.find(({ where, what }) => where.test(name) && what.test(difference))?.why;
}
