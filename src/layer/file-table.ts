import type { Digest } from '../oci/digest.ts';

/**
 * One row for each entry of a layer's tar, in tar order: what `blame`, `diff`, `explain` and
 * content keys are views of. Names are bytes: not every name is text.
 */
export interface LayerFile {
  /** Relative to the root, without a leading slash; of the marked path for whiteouts. */
  readonly path: Uint8Array;
  readonly type:
    | 'file'
    | 'directory'
    | 'symlink'
    | 'hardlink'
    | 'char'
    | 'block'
    | 'fifo'
    | 'whiteout'
    | 'opaque';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Nanoseconds since the Unix epoch. */
  readonly mtime: bigint;
  /** Of the content of a regular file: tells a copy-up from a change, finds duplicates, feeds content keys. */
  readonly digest?: Digest;
  readonly linkTarget?: Uint8Array;
  readonly device?: { readonly major: number; readonly minor: number };
  /** Digest over the sorted extended attributes, where there are any. */
  readonly xattrs?: Digest;
}
