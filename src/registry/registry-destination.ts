import { type Bytes, collect, once } from '../base/bytes.ts';
import type { CallOptions, Outcome } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { DOCUMENT_LIMIT } from '../oci/limits.ts';
import { verified } from '../oci/verified.ts';
import { isForeign, isParent } from '../transport/children.ts';
import type { Destination, Mounted, PutOptions, Source } from '../transport/transport.ts';
import type { RemoteManifest } from './manifests.ts';
import type { Repository } from './repository.ts';

/** What a push may be told. */
export interface RegistryDestinationOptions {
  /** Under which tags the root is to be found; under its digest only when there are none. */
  readonly tags?: readonly string[];
  /** Repositories of the same registry that a blob is known to be in. */
  readonly mountable?: (blob: Digest) => readonly string[];
  /** Layers go there too that whoever made them does not want to be handed on. */
  readonly foreign?: boolean;
}

/**
 * A repository as the place where one image goes to. Blobs come before the manifests that need
 * them, and the tags come last: nobody sees half an image.
 */
export class RegistryDestination implements Destination {
  readonly label: string;
  readonly passing = true;
  readonly repository: Repository;
  readonly #tags: readonly string[];
  readonly #mountable: (blob: Digest) => readonly string[];
  readonly #foreign: boolean;
  /** The last manifest that was put: the root, when no other follows. */
  #pending: RemoteManifest | undefined;

  constructor(repository: Repository, options: RegistryDestinationOptions = {}) {
    this.label = repository.label;
    this.repository = repository;
    this.#tags = options.tags ?? [];
    this.#mountable = options.mountable ?? (() => []);
    this.#foreign = options.foreign ?? false;
  }

  async has(node: Descriptor, call?: CallOptions): Promise<boolean> {
    if (isForeign(node) && (node.urls ?? []).length > 0 && !this.#foreign) return true;
    return !isParent(node) && this.repository.hasBlob(node.digest, call);
  }

  /** Blobs of the same registry need not travel. */
  async adopt(
    node: Descriptor,
    from: Source,
    call?: CallOptions,
  ): Promise<Outcome | Mounted | undefined> {
    if (isParent(node)) return undefined;
    const near = from.place?.registry === this.repository.registry ? [from.place.repository] : [];
    const places = [...near, ...this.#mountable(node.digest)];
    if (places.length === 0) return undefined;
    const open = async (): Promise<Bytes> =>
      verified(await from.fetch(node, call), node, from.label);
    return this.repository.putBlob(node, open, { ...call, from: places });
  }

  async put(node: Descriptor, body: Bytes, options: PutOptions = {}): Promise<void> {
    const { reopen, ...call } = options;
    if (isParent(node)) {
      const bytes = await collect(body, DOCUMENT_LIMIT);
      // Nothing may come in between: siblings arrive at the same time.
      const before = this.#pending;
      this.#pending = { descriptor: node, bytes };
      if (before) await this.repository.putManifest(before, undefined, call);
      return;
    }
    // The first try has its stream at hand; without a way to open another one, all is kept.
    let first: Bytes | undefined = body;
    const again = reopen ?? kept(body);
    const open = async (): Promise<Bytes> => {
      const bytes = reopen === undefined ? undefined : first;
      first = undefined;
      return bytes ?? again();
    };
    await this.repository.putBlob(node, open, call);
  }

  async commit(root: Descriptor, call: CallOptions = {}): Promise<void> {
    const pending = this.#pending;
    if (pending?.descriptor.digest !== root.digest) {
      throw new Error(`${root.digest} was not the last manifest that was put`);
    }
    this.#pending = undefined;
    await this.repository.putTags(pending, this.#tags, call);
  }
}

/** A stream that can be opened again because it is held: for small blobs without another way. */
function kept(body: Bytes): () => Promise<Bytes> {
  let held: Promise<Buffer> | undefined;
  return async () => once(await (held ??= collect(body, DOCUMENT_LIMIT)));
}
