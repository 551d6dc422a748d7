import { chmodSync, chownSync, mkdirSync, rmdirSync, rmSync } from 'node:fs';
import type { Lease } from '../store/store.ts';
import { NotPrivilegedError } from '../sys/errors.ts';
import { mountsBelow, unmount } from '../sys/mount.ts';
import { randomHex } from '../sys/random.ts';
import type { LayerDraft } from './snapshotter.ts';

/** What the snapshotter knows of a draft beyond its public face. */
export class Draft implements LayerDraft {
  /** What becomes the layer: `fs` and, once it is written, `files`. */
  readonly layer: string;
  readonly fs: string;
  readonly files: string;
  readonly work: string;
  readonly scratch: string;
  readonly lease: Lease;
  /** True for what nobody but us writes to, and nothing is ever mounted on. */
  ours = false;
  readonly #directory: string;

  /** Throws NotPrivilegedError: a layer holds files of other owners, and devices. */
  constructor(lease: Lease) {
    if (process.getuid?.() !== 0) throw new NotPrivilegedError('making a layer');
    this.lease = lease;
    this.#directory = `${lease.directory}/${randomHex(6)}`;
    this.layer = `${this.#directory}/layer`;
    this.fs = `${this.layer}/fs`;
    this.files = `${this.layer}/files`;
    this.work = `${this.#directory}/work`;
    this.scratch = `${this.#directory}/scratch`;
    for (const path of [this.#directory, this.layer, this.fs, this.work, this.scratch]) {
      mkdirSync(path, { mode: 0o700 });
    }
    // The root of an image: neither umask nor a setgid bit of the store may show in it.
    chmodSync(this.fs, 0o755);
    chownSync(this.fs, 0, 0);
  }

  // oxlint-disable-next-line typescript/require-await
  async [Symbol.asyncDispose](): Promise<void> {
    // What somebody failed to unmount is not this draft's to delete.
    if (!this.ours) for (const target of mountsBelow(this.#directory)) unmount(target);
    try {
      // What is left of one that became a layer: going through it would cost five times as much.
      for (const path of [this.scratch, this.work, this.#directory]) rmdirSync(path);
    } catch {
      rmSync(this.#directory, { recursive: true, force: true });
    }
  }
}

/** The draft behind its public face. */
export function ownDraft(draft: LayerDraft): Draft {
  if (!(draft instanceof Draft)) throw new TypeError('a draft of another snapshotter');
  return draft;
}
