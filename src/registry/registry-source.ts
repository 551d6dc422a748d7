import { type Bytes, once } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isParent } from '../transport/children.ts';
import type { BlobSource } from '../transport/layer-supply.ts';
import type { Source } from '../transport/transport.ts';
import type { RemoteManifest } from './manifests.ts';
import type { Repository } from './repository.ts';

/** A repository as the place where one image comes from: what its reference points at, or `manifest`. */
export class RegistrySource implements Source, BlobSource {
  readonly label: string;
  readonly repository: Repository;
  readonly place: { readonly registry: string; readonly repository: string };
  readonly #manifests = new Map<string, RemoteManifest>();
  #root: Promise<RemoteManifest> | undefined;

  constructor(repository: Repository, manifest?: RemoteManifest) {
    this.repository = repository;
    this.label = repository.label;
    this.place = {
      registry: repository.registry,
      repository: repository.reference.repository,
    };
    if (manifest) {
      this.#root = Promise.resolve(manifest);
      this.#manifests.set(manifest.descriptor.digest, manifest);
    }
  }

  async root(call?: CallOptions): Promise<Descriptor> {
    this.#root ??= this.repository.getManifest(undefined, call);
    const manifest = await this.#root;
    this.#manifests.set(manifest.descriptor.digest, manifest);
    return manifest.descriptor;
  }

  async fetch(node: Descriptor, call?: CallOptions): Promise<Bytes> {
    if (!isParent(node)) return this.repository.getBlob(node, call);
    const known = this.#manifests.get(node.digest);
    return once((known ?? (await this.repository.getManifest(node.digest, call))).bytes);
  }
}
