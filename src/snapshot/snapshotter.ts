import type { Bytes, ByteSink } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import type { LayerFile } from '../layer/file-table.ts';
import type { LayerWatch } from '../layer/layer-stream.ts';
import type { ChainId, DiffId } from '../oci/digest.ts';
import type { Lease } from '../store/store.ts';
import type { StackView } from './stack-view.ts';
import type { TarOptions } from './tree-tar.ts';

/** A layer being made, invisible to everybody else. Leaving the scope without `seal` removes it. */
export interface LayerDraft extends AsyncDisposable {
  /** The overlay upper directory: whiteouts are 0/0 devices, opaque directories carry the overlay attribute. */
  readonly fs: string;
  /** Empty, on the same file system: what overlayfs asks for beside an upper directory. */
  readonly work: string;
  /** Scratch of this draft, such as mount point stubs; never part of the layer. */
  readonly scratch: string;
}

/** What is known of a finished layer. */
export interface SealedLayer {
  readonly diffId: DiffId;
  /** Bytes of its tar. */
  readonly size: number;
  readonly contentSize: number;
  readonly entries: number;
}

/** Options of sealing. */
export interface SealOptions extends CallOptions {
  /** Is shown everything that the layer holds, before it is one. */
  readonly watch?: LayerWatch | undefined;
}

/** Bounds for what a layer from outside may be; see `DEFAULT_LIMITS` in layer/. */
export interface ApplyOptions extends CallOptions {
  /** Layers below it, bottom first, for hard links that point there. */
  readonly below?: readonly DiffId[];
  /** Size of what the tar is unpacked from, where that is known: see `LayerLimits`. */
  readonly sourceBytes?: number | undefined;
  /**
   * Takes the files and not the tar: the layer's diff ID is that of our own writer's tar, as
   * `seal` gives it, so that no blob of the tar that came has to be kept.
   */
  readonly rewrite?: boolean;
}

/**
 * Layers as directories. A layer is found by its diff ID, whatever it lies on; a chain ID
 * names a stack of them. Knows nothing of images, registries or containers.
 *
 * Life of a layer: `draft` (a directory under the lease's scratch) is filled: by RUN through
 * an overlay mount, by COPY directly, by `apply` from a tar. `seal…` works out diff ID and
 * file table and renames it to its final place. `name` makes it part of a stack.
 */
export interface Snapshotter {
  draft(lease: Lease): LayerDraft;
  /** Walks the draft's directory once through the tar writer into hash and file table; then renames. */
  seal(draft: LayerDraft, options?: SealOptions): Promise<SealedLayer>;
  /**
   * For a writer that hashed while it wrote: takes its figures and its finished table file.
   * The tar can be written again only if its entries had the order and the content that
   * `seal` gives them: depth first, the names in a directory sorted by bytes, a directory
   * before what is in it, no entry for the root, no hard links to anything but files.
   */
  sealHashed(draft: LayerDraft, layer: SealedLayer, tableFile: string): SealedLayer;
  /** Unpacks an uncompressed layer tar into the draft, hashing on the way, and seals it. */
  apply(draft: LayerDraft, tar: Bytes, options?: ApplyOptions): Promise<SealedLayer>;
  /** Puts a sealed layer on a stack; returns the stack's name. One short transaction. */
  name(layer: DiffId, parent: ChainId | undefined, origin?: LayerSource): ChainId;
  /** Makes everything sealed so far durable: one sync of the file system, then marks. Call before an image is named. */
  sync(layers: readonly DiffId[]): void;
  /** The diff IDs of a stack, bottom first; undefined when it is not whole here. */
  stack(chain: ChainId): readonly DiffId[] | undefined;
  /** The directories to mount for a stack, bottom first: fewer than layers where one hides all below it, or comes again. */
  directories(layers: readonly DiffId[]): readonly string[];
  /** A read-only view of a stack, without mounting anything. `[]` is an empty root. */
  view(layers: readonly DiffId[]): StackView;
  /** The layer's uncompressed tar: its kept blob, or written again and checked against the diff ID. */
  tar(layer: DiffId, options?: TarOptions): Bytes;
  /** {@link tar} in pieces that are not kept: quicker. */
  pourTar(layer: DiffId, sink: ByteSink, options?: CallOptions): Promise<void>;
  files(layer: DiffId): Iterable<LayerFile>;
  /** Shows a layer's entries with their content, in tar order, out of its directory. */
  walk(layer: DiffId, watch: LayerWatch, options?: CallOptions): Promise<void>;
  /** Re-hashes a layer's directory. Returns what is wrong, or undefined. */
  verify(layer: DiffId, options?: CallOptions): Promise<string | undefined>;
}

/** Which instruction made a layer, for `history`, `blame` and `explain`. */
export interface LayerSource {
  readonly instruction: string;
  readonly file?: string;
  readonly lines?: readonly [number, number];
}
