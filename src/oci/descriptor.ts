import type { Digest } from './digest.ts';
import type { Platform } from './platform.ts';

/**
 * A typed pointer to a blob.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#properties
 */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  /** Where else it can be had. */
  readonly urls?: readonly string[];
  /** The content itself, in base64; not checked. */
  readonly data?: string;
}
