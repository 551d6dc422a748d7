import type { Bytes, ByteSink } from '../base/bytes.ts';
import type { CallOptions, Outcome } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';

/** How a node's bytes are asked for. */
export interface FetchOptions extends CallOptions {
  /** A chunk need hold until the next one is asked for, and no longer: its memory may be used again. */
  readonly passing?: boolean;
}

/** A place images come from: a registry repository, the local store, an archive. */
export interface Source {
  /** For people: `docker.io/library/alpine`, `the archive`. */
  readonly label: string;
  /** Of a registry: blobs need not travel within one. */
  readonly place?: { readonly registry: string; readonly repository: string };
  /** The root of the graph this source was opened on. */
  root(options?: CallOptions): Promise<Descriptor>;
  /** The node's bytes, unverified: whoever asks for them passes them through `verified`. */
  fetch(node: Descriptor, options?: FetchOptions): Promise<Bytes>;
  /** The node's bytes, checked against the node, in pieces that are not kept: quicker than {@link fetch}. */
  pour?(node: Descriptor, sink: ByteSink, options?: CallOptions): Promise<void>;
}

/** What `put` may make use of. */
export interface PutOptions extends CallOptions {
  /** The same bytes from the beginning, for a destination that has to try again. */
  readonly reopen?: () => Promise<Bytes>;
}

/** A blob did not travel: another repository of the same registry had it. */
export interface Mounted {
  readonly mounted: string;
}

/** A place images go to. `put` sees children before parents; `commit` comes once, last. */
export interface Destination {
  readonly label: string;
  /** It is done with each chunk of a body before it asks for the next. */
  readonly passing?: boolean;
  has(node: Descriptor, options?: CallOptions): Promise<boolean>;
  /** Takes the node without its bytes passing through the copy: a mount, a note where to fetch it later. */
  adopt?(
    node: Descriptor,
    from: Source,
    options?: CallOptions,
  ): Promise<Outcome | Mounted | undefined>;
  /** If `body` throws, nothing of the node is left behind. */
  put(node: Descriptor, body: Bytes, options?: PutOptions): Promise<void>;
  /** Makes the root visible under its names. Before this, nobody can see a partial image. */
  commit(root: Descriptor, options?: CallOptions): Promise<void>;
}
