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
    where: /^copy-parents/,
    what: /only BuildKit refuses: .* unknown flag: --parents$/,
    why: 'the BuildKit of Docker 28 does not know the flag without a frontend image',
  },
  {
    where: /./,
    what: / mtime \(directory\): stave \d+, BuildKit the time of the run$/,
    why: 'a directory that something is put into keeps its time: the layer is the same at any hour',
  },
  {
    where: /./,
    what: /only BuildKit refuses: it has no layers/,
    why: "Docker's classic store cannot save an image without layers; what it built is not compared",
  },
  {
    where: /^heredoc-expand$|^heredoc-slash-name$/,
    what: / mtime \(file\): stave \d+, BuildKit \d+$/,
    why: 'BuildKit had the same text in its cache, with the time at which it was first written',
  },
  {
    // Names of repositories. What differs in the directory itself is told apart from this.
    where: /\//,
    what: /^layer \d+: only BuildKit has an entry for /,
    why: 'below a directory that BuildKit lists it made a mount point and took it away again: nothing in it changed',
  },
  {
    where: /^mount-nested$/,
    what: /^layer \d+: only BuildKit has an entry for "(?:real|var|w)"$/,
    why: 'BuildKit made a mount point there and took it away again: nothing in it changed',
  },
  {
    where: /\//,
    what: / mtime \(directory\): stave \d+, BuildKit 1500000000$/,
    why: 'COPY --link brings its own parent directories; the store of this Docker ignores the flag',
  },
];

/** Why a difference is fine, if it is. */
export function acceptedBecause(name: string, difference: string): string | undefined {
  return ACCEPTED.find(({ where, what }) => where.test(name) && what.test(difference))?.why;
}
