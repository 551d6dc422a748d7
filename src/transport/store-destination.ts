import { type Bytes, collect } from '../base/bytes.ts';
import { InvalidInputError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { isAttestation } from '../image/attestation.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ChainId, Digest, DiffId } from '../oci/digest.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import { DOCUMENT_LIMIT } from '../oci/limits.ts';
import type { Index, Manifest } from '../oci/manifest.ts';
import { diffIdsOf, parseConfig } from '../oci/parse-config.ts';
import { parseManifest, parseManifestOrIndex } from '../oci/parse-manifest.ts';
import { shownName } from '../layer/errors.ts';
import { LayerEntryError } from '../snapshot/errors.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { ImageAction } from '../store/record-event.ts';
import type { Lease, Store } from '../store/store.ts';
import { isClaim, isConfig, isLayer, isParent } from './children.ts';
import { UnsupportedImageError } from './errors.ts';
import type { LayerIntake } from './layer-intake.ts';
import type { ImageBatch } from './image-batch.ts';
import { type NewImage, putImage, putIndex } from './put-image.ts';
import type { Destination } from './transport.ts';

/** Where things of the image go. */
export interface StoreDestinationParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  readonly intake: LayerIntake;
  /** Holds everything until the image is there. */
  readonly lease: Lease;
  /** How it comes here, for the events. */
  readonly action: ImageAction;
  /** The mirror that gives it in place of its registry. */
  readonly mirror?: string | undefined;
  /** Where the image waits for others, with its documents and small layers. Without: it is made visible at once. */
  readonly batch?: ImageBatch;
}

/**
 * The store as the place where one image, or an index, arrives. Manifests, configs and layer
 * blobs are kept byte for byte; layers are unpacked too. `names` are canonical.
 *
 * The root may be an index: the manifests of it that were copied (see `select` of `copy`)
 * become images of their own, and the names point at the index. When only one of several came,
 * it is put there as if it had come alone: then the names are that image's, and the index's own
 * document is not kept.
 */
export class StoreDestination implements Destination {
  readonly label = 'the store';
  readonly #parts: StoreDestinationParts;
  readonly #names: readonly string[];
  /** Manifests that came in this copy. */
  readonly #arrived = new Set<Digest>();
  #stored: Digest | undefined;

  constructor(parts: StoreDestinationParts, names: readonly string[]) {
    this.#parts = parts;
    this.#names = names;
  }

  /** After `commit`: the image ID, or the digest of an index that is kept as one. */
  get stored(): Digest {
    if (this.#stored === undefined) throw new Error('nothing was committed');
    return this.#stored;
  }

  async has(node: Descriptor): Promise<boolean> {
    const { store, lease, intake, batch } = this.#parts;
    // What waits is looked for when it is written.
    if (batch && (isConfig(node) || isParent(node))) return batch.read(node.digest) !== undefined;
    lease.hold('blob', node.digest);
    const here = isLayer(node)
      ? (intake.taken(node.digest) ?? intake.find(node.digest))?.blob
      : await store.blobs.stat(node.digest);
    if (here && here.size !== node.size) {
      throw new InvalidInputError(
        `${node.digest} has ${here.size} bytes, not the ${node.size} that the image says`,
      );
    }
    return here !== undefined;
  }

  async put(node: Descriptor, body: Bytes, options?: CallOptions): Promise<void> {
    const { store, lease, intake, batch } = this.#parts;
    if (isLayer(node)) {
      if (batch) await intake.takeHeld(await collect(body), node, batch, options);
      else await intake.take(body, node.digest, { ...options, size: node.size, isChecked: true });
      return;
    }
    if (isClaim(node)) {
      lease.hold('blob', node.digest);
      await using writer = await store.blobs.ingest(`blob:${node.digest}`, options);
      const present = writer.offset;
      let at = 0;
      for await (const chunk of body) {
        const fresh = chunk.subarray(Math.max(0, present - at));
        at += chunk.length;
        if (fresh.length > 0) await writer.write(fresh);
      }
      await writer.commit({ digest: node.digest });
      return;
    }
    if (!isParent(node) && !isConfig(node)) throw notAnImage(node);
    if (isParent(node)) this.#arrived.add(node.digest);
    const data = await collect(body, DOCUMENT_LIMIT);
    if (batch) {
      batch.put(node.digest, data);
    } else {
      lease.hold('blob', node.digest);
      store.blobs.putSync(data);
    }
  }

  async commit(root: Descriptor, options?: CallOptions): Promise<void> {
    const document = parseManifestOrIndex(this.#read(root.digest), root.mediaType);
    if (document.kind === 'manifest') {
      this.#put(await this.#image(root, options));
    } else {
      await this.#index(root, document.index, options);
    }
  }

  #read(digest: Digest): Uint8Array {
    const { store, batch } = this.#parts;
    return batch?.read(digest) ?? store.blobs.readSync(digest);
  }

  #put(image: NewImage): void {
    const { store, batch } = this.#parts;
    const named = { ...image, names: this.#names };
    if (batch) batch.addImage(named);
    else putImage(store, named);
    this.#stored = image.id;
  }

  async #index(root: Descriptor, index: Index, options: CallOptions | undefined): Promise<void> {
    const { store, batch } = this.#parts;
    const here = index.manifests.filter(({ digest }) => this.#arrived.has(digest));
    const entries = here.filter((entry) => !isAttestation(entry));
    const members: { image: NewImage; entry: Descriptor }[] = [];
    for (const entry of entries) {
      members.push({ image: await this.#image(entry, options), entry });
    }
    const [only] = members;
    if (!only) {
      throw new UnsupportedImageError('the index holds no container image that can be stored');
    }
    if (
      members.length === 1 &&
      index.manifests.some((one) => !isAttestation(one) && one !== only.entry)
    ) {
      return this.#put(only.image);
    }
    const claims = here.filter(isAttestation).flatMap((entry) => {
      const { config, layers } = parseManifest(this.#read(entry.digest), entry.mediaType);
      return [entry, config, ...layers].map(({ digest }) => digest);
    });
    const { mediaType, digest, size } = root;
    const descriptor = { mediaType, digest, size };
    const whole = { descriptor, members, blobs: claims, names: this.#names };
    if (batch) batch.addIndex(whole);
    else putIndex(store, whole);
    this.#stored = digest;
  }

  /** What arrived under a manifest, with its layers unpacked, checked, named as a stack and synced. */
  async #image(root: Descriptor, options: CallOptions | undefined): Promise<NewImage> {
    const { snapshotter, batch } = this.#parts;
    const manifest = parseManifest(this.#read(root.digest), root.mediaType);
    if (!isConfig(manifest.config)) throw notAnImage(manifest.config);
    const odd = manifest.layers.find((layer) => !isLayer(layer));
    if (odd) throw notAnImage(odd);
    const config = parseConfig(this.#read(manifest.config.digest));
    const diffIds = await this.#unpacked(manifest, config, options);
    let chain: ChainId | undefined;
    if (batch) {
      chain = batch.putStack(diffIds);
    } else {
      for (const diffId of diffIds) chain = snapshotter.name(diffId, chain);
      snapshotter.sync(diffIds);
    }
    const { mediaType, digest, size } = root;
    return {
      id: manifest.config.digest,
      config,
      manifest: { mediaType, digest, size },
      chain,
      blobs: this.#keptBlobs(manifest),
      action: this.#parts.action,
      mirror: this.#parts.mirror,
    };
  }

  /** The layers in their order, each checked against the config: the diff IDs are part of the image ID. */
  async #unpacked(
    manifest: Manifest,
    config: ImageConfig,
    options: CallOptions = {},
  ): Promise<readonly DiffId[]> {
    if (config.os !== '' && config.os !== 'linux') {
      throw new UnsupportedImageError(
        `the image is made for ${shownName(Buffer.from(config.os))}, not for linux`,
      );
    }
    const expected = diffIdsOf(config);
    if (expected.length !== manifest.layers.length) {
      throw new InvalidInputError(
        `the image has ${manifest.layers.length} layers, but its config speaks of ${expected.length}`,
      );
    }
    for (const [index, layer] of manifest.layers.entries()) {
      const diffId = await this.#diffIdOf(layer, expected.slice(0, index), options);
      if (diffId !== expected[index]) {
        throw new InvalidInputError(
          `layer ${index + 1} of the image unpacks to ${diffId}, but its config says ${expected[index]}`,
        );
      }
    }
    return expected;
  }

  async #diffIdOf(
    layer: Descriptor,
    below: readonly DiffId[],
    options: CallOptions,
  ): Promise<DiffId> {
    const { intake, batch } = this.#parts;
    const result = intake.taken(layer.digest)?.result ?? intake.find(layer.digest);
    if (result && 'diffId' in result) return result.diffId;
    if (result && !(result.failure instanceof LayerEntryError)) throw result.failure;
    // Alone it could not be unpacked: it may hold hard links to files of the layers below.
    const held = { ...options, data: batch?.read(layer.digest) };
    const again = (await intake.unpack(layer, below, held)).result;
    if ('failure' in again) throw again.failure;
    return again.diffId;
  }

  /** Blobs that the store can only give again because it keeps them. */
  #keptBlobs(manifest: Manifest): Digest[] {
    const { store, batch } = this.#parts;
    return store.read((tables) =>
      manifest.layers
        .map((layer) => layer.digest)
        .filter((digest) => batch?.read(digest) !== undefined || tables.blobs.has(digest)),
    );
  }
}

function notAnImage({ mediaType }: Descriptor): UnsupportedImageError {
  return new UnsupportedImageError(
    `this is not a container image: it has a part of type ${mediaType}`,
  );
}
