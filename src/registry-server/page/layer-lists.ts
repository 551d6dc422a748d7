import type { Bytes } from '../../base/bytes.ts';
import { elapsed } from '../../base/clock.ts';
import { StaveError } from '../../base/errors.ts';
import { limiter } from '../../base/limit.ts';
import { decompressed } from '../../layer/compression.ts';
import { readTar } from '../../layer/tar-reader.ts';
import type { Digest } from '../../oci/digest.ts';
import { Problem } from '../errors.ts';
import type { RegistryStorage } from '../storage.ts';
import { LayerTree } from './layer-tree.ts';

/** Layers that are read at a time, and that wait for it. */
const READERS = 2;
const WAITING = 16;
/** How long a layer is read, in milliseconds. */
const PATIENCE = 20_000;
/** Entries of all lists that are kept. */
const KEPT = 300_000;

/** What is in a layer. */
export interface LayerList {
  readonly tree: LayerTree;
  /** Why there may be more in it. */
  readonly cut: string | undefined;
}

/** Reads what is in layers, when somebody wants to see it, and keeps that for a while. */
export class LayerLists {
  readonly #storage: RegistryStorage;
  readonly #read = limiter(READERS);
  readonly #running = new Map<Digest, Promise<LayerList>>();
  /** In the order of their last use. */
  readonly #kept = new Map<Digest, LayerList>();

  constructor(storage: RegistryStorage) {
    this.#storage = storage;
  }

  /** Undefined when the repository has no such blob. Throws Problem 429 when too many wait. */
  async of(repository: string, digest: Digest): Promise<LayerList | undefined> {
    if ((await this.#storage.blobSize(repository, digest)) === undefined) return undefined;
    const kept = this.#kept.get(digest);
    if (kept) {
      this.#kept.delete(digest);
      this.#kept.set(digest, kept);
      return kept;
    }
    const running = this.#running.get(digest);
    if (running) return running;
    if (this.#running.size >= READERS + WAITING) {
      throw new Problem(429, 'TOOMANYREQUESTS', 'too many layers are being read', {
        'retry-after': '5',
      });
    }
    const list = this.#read(() => this.#list(repository, digest));
    this.#running.set(digest, list);
    try {
      const done = await list;
      this.#keep(digest, done);
      return done;
    } finally {
      this.#running.delete(digest);
    }
  }

  async #list(repository: string, digest: Digest): Promise<LayerList> {
    const tree = new LayerTree();
    const blob = await this.#storage.openBlob(repository, digest);
    if (!blob) throw new Problem(404, 'BLOB_UNKNOWN', 'the repository has no such blob');
    let cut: string | undefined;
    try {
      cut = await fill(tree, blob.read(0, blob.size), blob.size);
    } catch (error) {
      if (!(error instanceof StaveError)) throw error;
      cut = error.message;
    } finally {
      blob.close();
    }
    tree.finish();
    return { tree, cut };
  }

  #keep(digest: Digest, list: LayerList): void {
    this.#kept.set(digest, list);
    let entries = 0;
    for (const { tree } of this.#kept.values()) entries += tree.size + 1;
    for (const [oldest, { tree }] of this.#kept) {
      if (entries <= KEPT || this.#kept.size === 1) return;
      this.#kept.delete(oldest);
      entries -= tree.size + 1;
    }
  }
}

/** Reads entries into the tree. Says what made it stop before the end. */
async function fill(
  tree: LayerTree,
  bytes: Bytes,
  sourceBytes: number,
): Promise<string | undefined> {
  const limits = { sourceBytes };
  const plain = await decompressed(withPatience(bytes), { limits });
  for await (const { entry } of readTar(plain.bytes, limits)) {
    if (!tree.add(entry)) return 'only the first entries of this layer are listed';
  }
  return undefined;
}

/** The stream fails when the time is over, so that no entry outlasts it, however large it is. */
async function* withPatience(bytes: Bytes): AsyncGenerator<Uint8Array, void> {
  const start = elapsed();
  for await (const chunk of bytes) {
    if (elapsed() - start > PATIENCE) {
      throw new Problem(503, 'UNSUPPORTED', 'only what could be read in time is listed');
    }
    yield chunk;
  }
}
