import type { Digest } from '../../oci/digest.ts';

/** What a job did about one tag, or about what refers to an image. */
export interface SyncRow {
  /** `docker.io/library/alpine`. */
  readonly from: string;
  /** The repository here. */
  readonly repository: string;
  /** Undefined for what has none, and where a whole repository failed. */
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
  readonly outcome: 'copied' | 'unchanged' | 'removed' | 'failed';
  /** Bytes of blobs that were fetched. */
  readonly bytes: number;
  /** Why it failed. */
  readonly reason?: string | undefined;
}
