import type { CallOptions } from '../base/progress.ts';
import type { Draft } from './recording/draft-types.ts';
import type { Comparison } from './understand-types.ts';

/** A draft to write. */
export interface DraftRequest {
  /** A name, an ID, or an ID's beginning. */
  readonly container: string;
  /** Dockerfile instructions of a commit, one each. */
  readonly changes?: readonly string[];
}

/** In what a draft's image is another one. */
export interface DraftCheck {
  /** From the committed image to that of the draft. Without files that no two builds have alike. */
  readonly comparison: Comparison;
  /** Files that differ and are of that kind: caches, logs, lists of packages. */
  readonly volatile: number;
  /** No file differs but those. */
  readonly sameFiles: boolean;
}

/** What was typed in containers that are recorded. */
export interface Recordings {
  /** Whether a container is recorded. Throws ContainerNotFoundError. */
  has(container: string): Promise<boolean>;
  /** Throws ContainerNotFoundError, NotRecordedError. */
  draft(request: DraftRequest): Promise<Draft>;
  /**
   * Writes a draft: `Dockerfile` and what it copies. The directory is made; throws
   * InvalidInputError when there is something in it.
   */
  write(request: DraftRequest, directory: string): Promise<Draft>;
  /**
   * Builds what is in a directory and compares it with an image. Nothing of the build is kept.
   * Throws ImageNotFoundError, BuildError.
   */
  check(directory: string, image: string, options?: CallOptions): Promise<DraftCheck>;
}
