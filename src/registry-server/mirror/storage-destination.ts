import { type Bytes, collect } from '../../base/bytes.ts';
import { DigestMismatchError, StaveError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { DOCUMENT_LIMIT } from '../../oci/limits.ts';
import { isForeign, isParent } from '../../transport/children.ts';
import type { Destination } from '../../transport/transport.ts';
import { checkManifest, referrerOf } from '../check-manifest.ts';
import type { RegistryStorage } from '../storage.ts';

/** Where in a storage an image goes. */
export interface StoragePlace {
  readonly storage: RegistryStorage;
  readonly repository: string;
  /** Without one it is found by its digest alone. */
  readonly tag: string | undefined;
  /** The manifest that gets the tag. */
  readonly root: Descriptor;
  /** Who does it, for the history. */
  readonly by: string;
}

/** A repository of a registry cannot take what a job brings. */
export class SyncError extends StaveError {
  readonly code = 'REGISTRY_SYNC';
}

/** A repository of this registry as the place where an image goes to. */
export class StorageDestination implements Destination {
  readonly label: string;
  readonly #place: StoragePlace;
  #root: Uint8Array | undefined;
  /** Bytes of blobs that came. */
  bytes = 0;

  constructor(place: StoragePlace) {
    this.#place = place;
    this.label = place.repository;
  }

  async has(node: Descriptor): Promise<boolean> {
    if (isForeign(node) && (node.urls ?? []).length > 0) return true;
    const { storage, repository } = this.#place;
    return !isParent(node) && (await storage.blobSize(repository, node.digest)) === node.size;
  }

  async put(node: Descriptor, body: Bytes): Promise<void> {
    if (!isParent(node)) return this.#putBlob(node, body);
    const bytes = await collect(body, DOCUMENT_LIMIT);
    // The root comes last, with its tag.
    if (node.digest === this.#place.root.digest) this.#root = bytes;
    else await this.#putManifest(node, bytes, []);
  }

  async commit(root: Descriptor, _call?: CallOptions): Promise<void> {
    const { tag } = this.#place;
    if (!this.#root) throw new Error(`${root.digest} did not come`);
    await this.#putManifest(root, this.#root, tag === undefined ? [] : [tag]);
  }

  async #putBlob({ digest }: Descriptor, body: Bytes): Promise<void> {
    const { storage, repository } = this.#place;
    const algorithm = digest.startsWith('sha512:') ? 'sha512' : 'sha256';
    const id = await storage.startUpload(repository, algorithm);
    const upload = await storage.openUpload(repository, id);
    if (!upload || upload === 'busy') throw new Error('a new upload is not there');
    await using _ = upload;
    try {
      for await (const chunk of body) {
        await upload.append(chunk);
        this.bytes += chunk.length;
      }
    } catch (error) {
      await upload.remove();
      throw error;
    }
    if (!(await upload.finish(digest))) {
      throw new DigestMismatchError(digest, 'another one', repository);
    }
  }

  async #putManifest(node: Descriptor, body: Uint8Array, tags: readonly string[]): Promise<void> {
    const { storage, repository, by } = this.#place;
    const { digest } = node;
    const checked = checkManifest(body, node.mediaType);
    const { mediaType, needs, names } = checked;
    const referrer = referrerOf(checked, { digest, size: body.length });
    const obstacle = await storage.putManifest(repository, {
      digest,
      mediaType,
      body,
      tags,
      needs,
      names,
      referrer,
      by,
    });
    if (obstacle === undefined) return;
    if (typeof obstacle === 'object' && 'fixed' in obstacle) {
      throw new SyncError(`the tag ${obstacle.fixed} is immutable, and means another manifest`);
    }
    throw new SyncError(`the repository lacks what ${digest} needs: ${JSON.stringify(obstacle)}`);
  }
}
