import { collect } from '../base/bytes.ts';
import { StaveError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import { BaseNotFoundError } from '../build/errors.ts';
import type { BaseImage } from '../build/frontend/frontend-types.ts';
import { digestOf } from '../oci/digest.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import { DOCUMENT_LIMIT } from '../oci/limits.ts';
import { diffIdsOf, parseConfig } from '../oci/parse-config.ts';
import { hostPlatform, matchesPlatform, type Platform } from '../oci/platform.ts';
import { canonicalName, formatReference, type Reference } from '../oci/reference.ts';
import { verified } from '../oci/verified.ts';
import type { Connections } from '../registry/connection.ts';
import { RegistryAccessError, RegistryError, RemoteNotFoundError } from '../registry/errors.ts';
import { RegistrySource } from '../registry/registry-source.ts';
import { digestName, openRepository } from '../registry/repository.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Store } from '../store/store.ts';
import type { LayerSupply } from '../transport/layer-supply.ts';
import { remoteImage, type RemoteImage } from './remote-image.ts';
import { resumption } from './resumption.ts';
import { admit } from './trust/admit.ts';

/** What looking base images up works with. */
export interface BasesParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  readonly connections: () => Promise<Connections>;
}

interface Fetched {
  readonly reference: Reference;
  readonly image: RemoteImage;
  readonly config: ImageConfig;
  /** The bytes of the config. */
  readonly data: Buffer;
}

/** A base image that the store does not have. */
export interface RemoteBase {
  /** As typed. */
  readonly name: string;
  readonly reference: Reference;
  readonly platform: Platform;
  /** Gets the layers offered. */
  readonly supply: LayerSupply;
}

/**
 * Base images of one build that registries have: manifest and config are asked for, layers are
 * offered, and fetched when a step reads them.
 */
export class RemoteBases {
  readonly #parts: BasesParts;
  readonly #call: CallOptions;
  readonly #fetched: Fetched[] = [];

  constructor(parts: BasesParts, call: CallOptions) {
    this.#parts = parts;
    this.#call = call;
  }

  /** Throws BaseNotFoundError in the words of a builder. */
  async find({ name, reference, platform, supply }: RemoteBase): Promise<BaseImage> {
    const canonical = formatReference(reference);
    using task = reporter(this.#call.progress).begin(`[internal] load metadata for ${canonical}`, {
      kind: 'internal',
    });
    try {
      const fetched = await this.#fetch(reference, platform, supply);
      this.#fetched.push(fetched);
      task.outcome = 'done';
      const { image, config } = fetched;
      return {
        name: canonical,
        manifest: image.root,
        layers: diffIdsOf(config),
        config,
        platform: platformOf(config),
      };
    } catch (error) {
      if (error instanceof StaveError) task.error = { code: error.code, message: error.message };
      throw explained(name, canonical, error);
    }
  }

  /**
   * Puts every base whose layers have all been fetched into the store, as a pull would have:
   * the next build needs no network.
   */
  async keep(): Promise<void> {
    for (const fetched of this.#fetched) {
      try {
        await this.#keepOne(fetched);
      } catch (error) {
        // The build did not need it to be an image of the store.
        if (!(error instanceof StaveError)) throw error;
      }
    }
  }

  async #fetch(reference: Reference, platform: Platform, supply: LayerSupply): Promise<Fetched> {
    const { store, connections } = this.#parts;
    const { signal } = this.#call;
    const call = signal ? { signal } : {};
    const opened = await connections();
    const repository = openRepository(opened, reference, resumption(store));
    const image = await remoteImage(repository, platform, call);
    const digests = [image.root, image.manifest.descriptor.digest];
    const admission = { settings: opened.settings, now: store.clock.now() };
    await admit({ repository, reference, digests }, admission, call);
    const { config: node, layers } = image.parsed;
    const bytes = verified(repository.getBlob(node, call), node, repository.label);
    const data = await collect(bytes, DOCUMENT_LIMIT);
    const config = parseConfig(data);
    const diffIds = diffIdsOf(config);
    if (diffIds.length !== layers.length) {
      throw new RegistryError(
        `the image has ${layers.length} layers, but its config speaks of ${diffIds.length}`,
      );
    }
    const source = new RegistrySource(repository, image.manifest);
    for (const [at, layer] of layers.entries()) supply.offer(diffIds[at]!, layer, source);
    return { reference, image, data, config };
  }

  async #keepOne({ reference, image, config, data }: Fetched): Promise<void> {
    const { store, snapshotter } = this.#parts;
    const layers = diffIdsOf(config);
    const isWhole = store.read((tables) => layers.every((one) => tables.layers.get(one)));
    if (!isWhole) return;
    const [{ LayerIntake }, { StoreDestination }] = await Promise.all([
      import('../transport/layer-intake.ts'),
      import('../transport/store-destination.ts'),
    ]);
    using lease = store.lease('base image');
    const intake = new LayerIntake(store, snapshotter, lease);
    if (!image.parsed.layers.every((layer) => intake.find(layer.digest))) return;
    const { manifest, root } = image;
    for (const document of [data, manifest.bytes]) {
      lease.hold('blob', digestOf(document));
      store.blobs.putSync(document);
    }
    // The name stands for what `pull` would bring: the image for this machine.
    const names = matchesPlatform(hostPlatform(process.arch), platformOf(config))
      ? [canonicalName(reference), digestName(reference, root)]
      : [digestName(reference, manifest.descriptor.digest)];
    const to = new StoreDestination({ store, snapshotter, intake, lease, action: 'pull' }, [
      ...new Set(names),
    ]);
    await to.commit(manifest.descriptor);
  }
}

/** What a config says it is for; what it leaves out is this machine's. */
function platformOf(config: ImageConfig): Platform {
  const host = hostPlatform(process.arch);
  return {
    os: config.os || host.os,
    architecture: config.architecture || host.architecture,
    ...(config.variant !== undefined && { variant: config.variant }),
  };
}

/** What went wrong, with the lead-in and the words of a builder. */
function explained(name: string, canonical: string, error: unknown): unknown {
  if (!(error instanceof StaveError)) return error;
  const lead = `${name}: failed to resolve source metadata for ${canonical}`;
  if (error instanceof RegistryAccessError && error.message.startsWith('pull access denied')) {
    return new BaseNotFoundError(
      `${lead}: pull access denied, repository does not exist or may require authorization`,
      error.hint,
      error,
    );
  }
  const isAbsent = error instanceof RemoteNotFoundError && error.message.includes(' not found: ');
  const why = isAbsent ? `${canonical}: not found` : error.message;
  return new BaseNotFoundError(`${lead}: ${why}`, error.hint, error);
}
