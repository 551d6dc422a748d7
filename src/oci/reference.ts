import type { Digest } from './digest.ts';

/** A fully qualified image name. Parsing fills the defaults; printing may hide them again. */
export interface Reference {
  /** Host and port: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  /** Path in the registry: `library/alpine`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}
