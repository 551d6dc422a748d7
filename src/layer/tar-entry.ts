/** Kinds of entries that a layer's tar can hold. */
export type TarEntryType =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'hardlink'
  | 'char'
  | 'block'
  | 'fifo';

/**
 * The head of one tar entry, after PAX, GNU and base-256 extensions were applied.
 * Names and values are bytes: not every name is text.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#file-types
 */
export interface TarEntry {
  /** As in the archive; directories without their trailing slash. */
  readonly path: Uint8Array;
  readonly type: TarEntryType;
  /** Permission bits with setuid, setgid and sticky: `0o7777` at most. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content once expanded; 0 for all but files. */
  readonly size: number;
  /** Nanoseconds since the Unix epoch. */
  readonly mtime: bigint;
  /** Of symbolic and hard links, as in the archive. */
  readonly linkTarget?: Uint8Array;
  /** Of char and block devices. */
  readonly device?: { readonly major: number; readonly minor: number };
  /** Full names (`security.capability`) to raw values; empty when there are none. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}
