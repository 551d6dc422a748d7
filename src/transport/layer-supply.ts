import type { Bytes } from '../base/bytes.ts';
import { DiskFullError, InvalidInputError, isErrno } from '../base/errors.ts';
import { together } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { chainId, type ChainId, type Digest, type DiffId } from '../oci/digest.ts';
import { verified } from '../oci/verified.ts';
import { LayerEntryError } from '../snapshot/errors.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Lease, Store } from '../store/store.ts';
import type { LayerIntake } from './layer-intake.ts';

/** Where the blob of a layer can be had: a registry's repository, a layout, a cache folder. */
export interface BlobSource {
  /** For people. */
  readonly label: string;
  /** The blob's bytes, unverified. */
  fetch(blob: Descriptor, call?: CallOptions): Promise<Bytes>;
}

/** A blob and where it can be had. */
export interface Offer {
  readonly blob: Descriptor;
  readonly from: BlobSource;
}

/** A layer that was offered and did not come. */
export interface LostLayer extends Offer {
  readonly diffId: DiffId;
  readonly reason: Error;
}

/**
 * Layers that are known by their digests and fetched when somebody has to read them: base
 * images and results from a remote cache. A layer that nothing reads is never fetched.
 */
export class LayerSupply {
  readonly #store: Store;
  readonly #snapshotter: Snapshotter;
  readonly #lease: () => Lease;
  readonly #offers = new Map<DiffId, Offer>();
  readonly #fetching = new Map<DiffId, Promise<void>>();
  readonly #lost: LostLayer[] = [];
  #intake: Promise<LayerIntake> | undefined;

  constructor(store: Store, snapshotter: Snapshotter, lease: () => Lease) {
    this.#store = store;
    this.#snapshotter = snapshotter;
    this.#lease = lease;
  }

  /** Says where a layer can be had. The first offer of a layer counts. */
  offer(diffId: DiffId, blob: Descriptor, from: BlobSource): void {
    if (!this.#offers.has(diffId)) this.#offers.set(diffId, { blob, from });
  }

  /** Where a layer can be had; whoever pushes it elsewhere may not need its bytes. */
  offered(diffId: DiffId): Offer | undefined {
    return this.#offers.get(diffId);
  }

  /** Where a blob can be had, by its digest, and the layer that it is. */
  offeredBlob(digest: Digest): readonly [DiffId, Offer] | undefined {
    return this.#offers.entries().find(([, { blob }]) => blob.digest === digest);
  }

  /**
   * The bytes of an offered blob, checked against its descriptor. A failure of where they come
   * from is remembered: see {@link lostTo}.
   */
  async *open(diffId: DiffId, { blob, from }: Offer, call: CallOptions): Bytes {
    try {
      yield* verified(await from.fetch(blob, call), blob, from.label);
    } catch (error) {
      this.#lose(diffId, { blob, from }, error, call);
      throw error;
    }
  }

  /** The layer whose failure to come an error is, or is made of. */
  lostTo(error: unknown): LostLayer | undefined {
    for (let one = error; one instanceof Error; one = one.cause) {
      const lost = this.#lost.find(({ reason }) => reason === one);
      if (lost) return lost;
    }
    return undefined;
  }

  /** Forgets an offer, so that another one of the layer can count. */
  withdraw(diffId: DiffId): void {
    this.#offers.delete(diffId);
  }

  /** Whether every layer is in the store or can be fetched. */
  reaches(layers: readonly DiffId[]): boolean {
    return this.#missing(layers).every((diffId) => this.#offers.has(diffId));
  }

  /**
   * Brings every layer of a stack into the store and names the stack. Throws InvalidInputError
   * when a layer is not what it was said to be, and what the source throws.
   */
  async ensure(layers: readonly DiffId[], call: CallOptions = {}): Promise<void> {
    const missing = this.#missing(layers);
    const top = chainId(layers);
    if (top === undefined || (missing.length === 0 && this.#snapshotter.stack(top))) return;
    const stop = new AbortController();
    const signal = call.signal ? AbortSignal.any([call.signal, stop.signal]) : stop.signal;
    const fetched = missing.map((diffId) => this.#fetched(diffId, layers, { ...call, signal }));
    await together(fetched, stop);
    // What is here already has no name in this order, so nothing keeps it.
    if (missing.length < layers.length) for (const one of layers) this.#lease().hold('layer', one);
    let chain: ChainId | undefined;
    for (const diffId of layers) chain = this.#snapshotter.name(diffId, chain);
  }

  #missing(layers: readonly DiffId[]): DiffId[] {
    return this.#store.read((tables) => layers.filter((diffId) => !tables.layers.get(diffId)));
  }

  #fetched(diffId: DiffId, stack: readonly DiffId[], call: CallOptions): Promise<void> {
    let fetching = this.#fetching.get(diffId);
    if (!fetching) {
      this.#fetching.set(diffId, (fetching = this.#fetch(diffId, stack, call)));
      fetching.catch(() => this.#fetching.delete(diffId));
    }
    return fetching;
  }

  async #fetch(diffId: DiffId, stack: readonly DiffId[], call: CallOptions): Promise<void> {
    const offer = this.#offers.get(diffId);
    if (!offer) throw new InvalidInputError(`the layer ${diffId} is not in the store`);
    const { blob, from } = offer;
    const intake = await (this.#intake ??= this.#openIntake());
    this.#lease().hold('layer', diffId);
    using task = reporter(call.progress).begin(blob.digest, {
      kind: 'transfer',
      total: blob.size,
      unit: 'bytes',
    });
    const body = task.count(this.open(diffId, offer, call));
    let { result } = await intake.take(body, blob.digest, {
      ...call,
      size: blob.size,
      isChecked: true,
    });
    if ('failure' in result && result.failure instanceof LayerEntryError) {
      // Alone it could not be unpacked: it may hold hard links to files of the layers below.
      const below = stack.slice(0, stack.indexOf(diffId));
      await this.ensure(below, call);
      result = (await intake.unpack(blob, below, call)).result;
    }
    const failure =
      'failure' in result
        ? result.failure
        : result.diffId !== diffId &&
          new InvalidInputError(
            `${blob.digest} from ${from.label} unpacks to ${result.diffId}, not to ${diffId}`,
          );
    if (failure) {
      this.#lose(diffId, offer, failure, call);
      throw failure;
    }
    task.outcome = 'done';
  }

  #lose(diffId: DiffId, offer: Offer, reason: unknown, { signal }: CallOptions): void {
    const ours = reason instanceof DiskFullError || isErrno(reason, 'ENOSPC', 'EDQUOT');
    // A layer that was given up because of another one is not lost.
    if (ours || signal?.aborted === true || !(reason instanceof Error)) return;
    this.#lost.push({ ...offer, diffId, reason });
  }

  async #openIntake(): Promise<LayerIntake> {
    const module = await import('./layer-intake.ts');
    return new module.LayerIntake(this.#store, this.#snapshotter, this.#lease(), {
      resumable: true,
    });
  }
}
