import { hash } from 'node:crypto';
import type { LayerFile } from '../../layer/file-table.ts';
import type { Digest } from '../../oci/digest.ts';

/** Bytes of a name's hash, and of a SHA-256. */
const NAME = 16;
const CONTENT = 32;
const SLOT = NAME + CONTENT;

/**
 * The content digests of a layer's files by path, in 96 bytes a file at most: a layer of a
 * million files must not take the memory of a million objects. Names are kept as the first
 * half of their SHA-256, which nobody can make two paths share.
 */
export class DigestIndex {
  readonly #slots: number;
  readonly #table: Buffer;

  /** `count` is at least the number of rows. */
  constructor(rows: Iterable<LayerFile>, count: number) {
    this.#slots = Math.max(8, count * 2);
    this.#table = Buffer.alloc(this.#slots * SLOT);
    for (const { path, digest } of rows) {
      if (digest?.startsWith('sha256:') !== true) continue;
      const name = nameOf(path);
      const at = this.#find(name) * SLOT;
      name.copy(this.#table, at);
      this.#table.write(digest.slice(7), at + NAME, 'hex');
    }
  }

  /** `path` without a leading slash. */
  get(path: Uint8Array): Digest | undefined {
    const at = this.#find(nameOf(path)) * SLOT;
    if (this.#isFree(at)) return undefined;
    return `sha256:${this.#table.toString('hex', at + NAME, at + SLOT)}` as Digest;
  }

  /** The slot of a name, or the free one where it would go. */
  #find(name: Buffer): number {
    let slot = name.readUInt32LE(0) % this.#slots;
    while (!this.#isFree(slot * SLOT) && !this.#holds(slot * SLOT, name)) {
      slot = (slot + 1) % this.#slots;
    }
    return slot;
  }

  #isFree(at: number): boolean {
    return this.#table.readBigUInt64LE(at) === 0n;
  }

  #holds(at: number, name: Buffer): boolean {
    return this.#table.compare(name, 0, NAME, at, at + NAME) === 0;
  }
}

function nameOf(path: Uint8Array): Buffer {
  const name = hash('sha256', path, 'buffer').subarray(0, NAME);
  // A slot that begins with zeros is a free one.
  name[0] = (name[0] ?? 0) | 1;
  return name;
}
