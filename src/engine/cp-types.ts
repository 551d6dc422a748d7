import type { Bytes } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import type { PouredArchive } from './archive-types.ts';

/** A path in a container, from its root. */
export interface ContainerPath {
  readonly container: string;
  readonly path: string;
}

/** How files are copied. */
export interface CopyFilesOptions extends CallOptions {
  /** The file that a link leads to, not the link; of the source itself alone. */
  readonly follow?: boolean;
  /**
   * Out of a container, files keep their owners; otherwise they are whoever copies'. Into one,
   * they are its user's where it has one; otherwise they keep the numbers of their owners.
   */
  readonly archive?: boolean;
}

/**
 * Copying between this machine and containers, running or not, with what is mounted in them.
 * Paths are taken as `docker cp` takes them: a slash or `/.` at the end means something. Nothing
 * follows a link out of a container's root, whatever the container does meanwhile.
 *
 * All throw ContainerNotFoundError and CopyError.
 */
export interface CopyFiles {
  /** Out of a container to an absolute path of this machine. Returns the bytes of its archive. */
  from(source: ContainerPath, target: string, options?: CopyFilesOptions): Promise<number>;
  /** The same as a tar, made while it is read. */
  tarFrom(source: ContainerPath, options?: CopyFilesOptions): Promise<PouredArchive>;
  /** From an absolute path of this machine into a container. Returns the bytes of its archive. */
  into(source: string, target: ContainerPath, options?: CopyFilesOptions): Promise<number>;
  /** A tar, plain or compressed, into a directory of a container. */
  tarInto(tar: Bytes, target: ContainerPath, options?: CopyFilesOptions): Promise<void>;
}
