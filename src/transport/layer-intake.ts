import { type Bytes, once } from '../base/bytes.ts';
import { DigestMismatchError, InvalidInputError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { sniff } from '../layer/compression.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest, DiffId } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import type { ApplyOptions, Snapshotter } from '../snapshot/snapshotter.ts';
import { type BlobWriter, ingestKey } from '../store/blob-store.ts';
import type { Lease, Store } from '../store/store.ts';
import type { ImageBatch } from './image-batch.ts';
import { leftOpen, peek, type Peeked } from './peek.ts';
import { plain } from './plain.ts';

/** A layer whose blob is in the store. */
export interface TakenLayer {
  readonly blob: Descriptor;
  /** What it unpacked to, or why it could not be unpacked. */
  readonly result: { readonly diffId: DiffId } | { readonly failure: InvalidInputError };
}

/** A layer that the store has, unpacked, and its blob or the tar that stands for it. */
export interface StoredLayer {
  readonly blob: Descriptor;
  readonly diffId: DiffId;
}

/** What may be kept as it came: the specification has no media types for other compressions. */
const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['none', MediaType.ociLayer],
  ['gzip', MediaType.ociLayerGzip],
  ['zstd', MediaType.ociLayerZstd],
]);

const SNIFF_LENGTH = 512;

/** What an intake may be told. */
export interface IntakeOptions {
  /**
   * The source can go on where it broke off: what came before a failure of the source is kept
   * as a partial blob.
   */
  readonly resumable?: boolean;
}

/** How a layer is taken. */
export interface TakeOptions extends CallOptions {
  /** Bytes of the body. */
  readonly size?: number;
  readonly isChecked?: boolean;
}

/**
 * Brings layers into the store: the blob byte for byte, and, while it arrives, its unpacked
 * form. Whatever it takes or finds is held by the lease until an image owns it.
 */
export class LayerIntake {
  readonly #store: Store;
  readonly #snapshotter: Snapshotter;
  readonly #lease: Lease;
  readonly #resumable: boolean;
  readonly #taken = new Map<Digest, TakenLayer>();
  #count = 0;

  constructor(store: Store, snapshotter: Snapshotter, lease: Lease, options: IntakeOptions = {}) {
    this.#store = store;
    this.#snapshotter = snapshotter;
    this.#lease = lease;
    this.#resumable = options.resumable ?? false;
  }

  /** What {@link take} made of a blob. */
  taken(blob: Digest): TakenLayer | undefined {
    return this.#taken.get(blob);
  }

  /** Holds layers that are about to be looked for, in one transaction instead of one for each. */
  expect(digests: Iterable<Digest>): void {
    this.#store.note(() => {
      for (const digest of digests) this.#hold(digest, asDiffId(digest));
    });
  }

  #hold(blob: Digest, layer: DiffId): void {
    this.#lease.hold('blob', blob);
    this.#lease.hold('layer', layer);
  }

  /**
   * The layer that a blob is, when the store can give the blob's bytes again: because the blob
   * is kept, or because it is a layer's tar, which can be made again.
   */
  find(digest: Digest): StoredLayer | undefined {
    // Held in the transaction that looks: what is found cannot be collected any more.
    return this.#store.note((tables) => {
      const diffId = tables.blobs.diffIdOf(digest) ?? asDiffId(digest);
      this.#hold(digest, diffId);
      const layer = tables.layers.get(diffId);
      if (!layer) return undefined;
      const kept = tables.blobs.layerBlobs(diffId).filter((blob) => tables.blobs.has(blob.digest));
      const own = kept.find((blob) => blob.digest === digest);
      if (own) return { blob: own, diffId };
      const isTar = asDiffId(digest) === diffId && (layer.writer > 0 || kept.length > 0);
      if (!isTar) return undefined;
      return { blob: { mediaType: MediaType.ociLayer, digest, size: layer.size }, diffId };
    });
  }

  /**
   * Stores and unpacks one layer, compressed or not. With a digest its bytes must have it.
   * A layer that cannot be unpacked is stored all the same and says so: it may belong to an
   * image nobody asked for, or need the layers below it.
   *
   * Layers compressed with bzip2 or xz are stored uncompressed. With a `size`, that of the body,
   * bombs are refused by what they announce. A body that `isChecked` throws itself, at its end
   * at the latest, when it does not have the digest.
   * Throws DigestMismatchError, DiskFullError.
   */
  async take(body: Bytes, digest?: Digest, call: TakeOptions = {}): Promise<TakenLayer> {
    if (digest !== undefined) this.#lease.hold('blob', digest);
    if (digest === undefined || !this.#resumable) {
      return this.#take(await peek(body, SNIFF_LENGTH), digest && { digest }, call);
    }
    const hash = call.isChecked !== true;
    await using writer = await this.#store.blobs.ingest(ingestKey(digest), { ...call, hash });
    // Whoever wrote it until now may have brought it whole.
    const here = this.find(digest);
    if (here) {
      await writer.discard();
      return this.#remember(here.blob, { diffId: here.diffId });
    }
    const peeked = await peek(body, SNIFF_LENGTH);
    if (MEDIA_TYPES.has(sniff(peeked.head))) {
      return await this.#take(peeked, { digest, writer }, call);
    }
    await writer.discard();
    return await this.#take(peeked, undefined, call);
  }

  async #take(
    { head, bytes }: Peeked,
    known: { readonly digest: Digest; readonly writer?: BlobWriter } | undefined,
    call: TakeOptions,
  ): Promise<TakenLayer> {
    const mediaType = MEDIA_TYPES.get(sniff(head));
    const source = mediaType === undefined ? await plain(bytes) : bytes;
    const isPlain = mediaType === undefined || mediaType === MediaType.ociLayer;
    await using writer =
      known?.writer ??
      (await this.#store.blobs.ingest(`${this.#lease.id}:${this.#count++}`, {
        ...call,
        resumable: false,
        // Unpacking hashes the same bytes.
        hash: !isPlain && !(known && call.isChecked === true),
      }));
    const passing = new Passing(source, writer);
    const iterator = passing.bytes()[Symbol.asyncIterator]();
    try {
      const result = await this.#unpack(leftOpen(iterator), { sourceBytes: call.size }, call);
      passing.throwIfBroken();
      while (!(await iterator.next()).done);
      const isKept = known && mediaType !== undefined;
      const diffId = isPlain && 'diffId' in result ? asBlob(result.diffId) : undefined;
      const hashed = isKept && call.isChecked === true ? known.digest : diffId;
      const info = await writer.commit(isKept ? { digest: known.digest } : {}, hashed);
      this.#lease.hold('blob', info.digest);
      return this.#remember({ ...info, mediaType: mediaType ?? MediaType.ociLayer }, result);
    } catch (error) {
      const mayGoOn = known?.writer && !(error instanceof InvalidInputError);
      if (!mayGoOn || error instanceof DigestMismatchError) await writer.discard();
      throw error;
    } finally {
      await iterator.return?.();
    }
  }

  /** {@link take} of a layer that is at hand and was checked: its blob goes to the batch. */
  async takeHeld(
    data: Uint8Array,
    { digest, mediaType }: Descriptor,
    batch: ImageBatch,
    call: CallOptions = {},
  ): Promise<TakenLayer> {
    batch.put(digest, data);
    const result = await this.#unpack(once(data), { sourceBytes: data.length }, call);
    const taken = { blob: { mediaType, digest, size: data.length }, result };
    this.#taken.set(digest, taken);
    if ('diffId' in result) batch.putLayerBlob({ diffId: result.diffId, blob: taken.blob });
    return taken;
  }

  /**
   * Unpacks a layer on top of the layers `below` it. Its blob is in the store, unless `data` is
   * given.
   */
  async unpack(
    blob: Descriptor,
    below: readonly DiffId[],
    call: CallOptions & { readonly data?: Uint8Array | undefined } = {},
  ): Promise<TakenLayer> {
    const bytes = call.data ? once(call.data) : await this.#store.blobs.open(blob.digest, call);
    return this.#remember(blob, await this.#unpack(bytes, { below, sourceBytes: blob.size }, call));
  }

  #remember(blob: Descriptor, result: TakenLayer['result']): TakenLayer {
    const taken = { blob, result };
    this.#taken.set(blob.digest, taken);
    if ('diffId' in result) {
      this.#store.note((tables) => {
        tables.blobs.putLayerBlob({ diffId: result.diffId, blob });
      });
    }
    return taken;
  }

  async #unpack(
    bytes: Bytes,
    options: ApplyOptions,
    call: CallOptions,
  ): Promise<TakenLayer['result']> {
    await using draft = this.#snapshotter.draft(this.#lease);
    try {
      const tar = await plain(bytes);
      const { diffId } = await this.#snapshotter.apply(draft, tar, { ...call, ...options });
      this.#lease.hold('layer', diffId);
      return { diffId };
    } catch (error) {
      if (error instanceof InvalidInputError) return { failure: error };
      throw error;
    }
  }
}

/** A stream on its way into a blob and on to whoever unpacks it. */
class Passing {
  readonly #source: Bytes;
  readonly #writer: BlobWriter;
  #broken: { readonly reason: unknown } | undefined;

  constructor(source: Bytes, writer: BlobWriter) {
    this.#source = source;
    this.#writer = writer;
  }

  /** Writes what passes, but for the part that an earlier attempt left behind. */
  async *bytes(): Bytes {
    const present = this.#writer.offset;
    let at = 0;
    try {
      for await (const chunk of this.#source) {
        const fresh = chunk.subarray(Math.max(0, present - at));
        if (fresh.length > 0) await this.#writer.write(fresh);
        at += chunk.length;
        yield chunk;
      }
    } catch (error) {
      this.#broken = { reason: error };
      throw error;
    }
  }

  /** The unpacker takes every error for one of the layer's; those of the source are not. */
  throwIfBroken(): void {
    if (this.#broken) throw this.#broken.reason;
  }
}

/** The digest of a layer's own tar. */
function asBlob(layer: DiffId): Digest {
  return layer as string as Digest;
}

/** The diff ID of a layer whose blob is its own tar. */
function asDiffId(blob: Digest): DiffId {
  return blob as string as DiffId;
}
