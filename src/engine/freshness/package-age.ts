import type { DiffId } from '../../oci/digest.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Freshness } from '../freshness-types.ts';
import { latin1 } from '../../layer/file-tree.ts';

/** Where package managers write down what is installed. */
const DATABASES: readonly (readonly [manager: string, pattern: RegExp])[] = [
  ['dpkg', /^var\/lib\/dpkg\/(?:status|status\.d\/.*)$/],
  ['apk', /^(?:usr\/)?lib\/apk\/db\/installed$/],
  ['rpm', /^(?:var\/lib|usr\/lib\/sysimage)\/rpm\/(?:rpmdb\.sqlite|Packages|Packages\.db)$/],
  ['pacman', /^var\/lib\/pacman\/local\/ALPM_DB_VERSION$/],
];

/** The newest package database of a layer. */
type Found = NonNullable<Freshness['packages']> | undefined;

/** Reads when packages were last changed from the file tables of layers; each is read once. */
export class PackageAges {
  readonly #snapshotter: Snapshotter;
  readonly #layers = new Map<DiffId, Found>();

  constructor(snapshotter: Snapshotter) {
    this.#snapshotter = snapshotter;
  }

  /** Of a stack, bottom first: the topmost layer that changed packages counts. */
  of(stack: readonly DiffId[]): Found {
    for (const layer of stack.toReversed()) {
      const found = this.#inLayer(layer);
      if (found) return found;
    }
    return undefined;
  }

  #inLayer(layer: DiffId): Found {
    if (this.#layers.has(layer)) return this.#layers.get(layer);
    let found: Found;
    for (const { path, type, mtime } of this.#snapshotter.files(layer)) {
      if (type !== 'file') continue;
      const text = latin1(path);
      const manager = DATABASES.find(([, pattern]) => pattern.test(text))?.[0];
      const changed = new Date(Number(mtime / 1_000_000n));
      if (manager === undefined || (found && found.changed >= changed)) continue;
      found = { manager, changed };
    }
    this.#layers.set(layer, found);
    return found;
  }
}
