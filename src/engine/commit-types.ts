import type { CallOptions } from '../base/progress.ts';
import type { Digest } from '../oci/digest.ts';

/** An image to make of a container. */
export interface CommitRequest {
  readonly container: string;
  /** `repository[:tag]`; without it the image has no name. */
  readonly name?: string;
  readonly author?: string;
  readonly message?: string;
  /** Dockerfile instructions, one each: the eleven that touch nothing but the configuration. */
  readonly changes?: readonly string[];
  /** Its processes stand still meanwhile; they do unless this is false. */
  readonly pause?: boolean;
}

/**
 * Makes an image of what a container changed, running or not. Returns the image ID. Throws
 * ContainerNotFoundError, InvalidReferenceError, UsageError for an instruction that is not
 * allowed.
 */
export type Commit = (request: CommitRequest, options?: CallOptions) => Promise<Digest>;
