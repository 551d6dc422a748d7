import type { Digest } from '../oci/digest.ts';

/** What building an image again gave. */
export interface Verification {
  readonly identical: boolean;
  readonly image: Digest;
  readonly rebuilt: Digest;
  /** Of the image, by stage of its making; empty when both are the same. */
  readonly layers: readonly DifferentLayer[];
  /** Members of the config that differ: `created`, `history`, `config.Env`. */
  readonly config: readonly string[];
  /** How many layers each has, where that differs. */
  readonly counts?: { readonly image: number; readonly rebuilt: number };
  /** Nothing differs but times. */
  readonly onlyTimes: boolean;
}

/** A layer that came out differently. */
export interface DifferentLayer {
  /** From the bottom, beginning with 1. */
  readonly number: number;
  /** What made it. */
  readonly instruction: string;
  /** `Dockerfile:5`, where that is known. */
  readonly place?: string;
  /** The first twenty, what says most first. */
  readonly files: readonly {
    readonly path: string;
    readonly kind: string;
    readonly what: string;
  }[];
  /** How many files differ in which way. */
  readonly kinds: Readonly<Partial<Record<string, number>>>;
}
