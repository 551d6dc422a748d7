import { ContextChangedError } from '../errors.ts';
import type { Tree, TreeEntry } from './tree.ts';

const words = new BigUint64Array(4);
const halves = new Uint32Array(words.buffer);

/**
 * Shows a tree and notes what it showed: which entries, and their stamps. Shown again, the
 * same places must look the same. So a step copies what its key was made of, or fails.
 */
export class Witness {
  readonly #tree: Tree;
  readonly #seen = new Map<string, string>();

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  /** The tree as it is looked at first. */
  get noting(): Tree {
    return this.#shown((place, what) => this.#seen.set(place, what));
  }

  /** The tree as it must still be. Its calls throw ContextChangedError for what has changed since. */
  get checking(): Tree {
    return this.#shown((place, what, path) => {
      if (this.#seen.get(place) !== what) throw new ContextChangedError(path);
    });
  }

  #shown(note: (place: string, what: string, path: Uint8Array) => void): Tree {
    const tree = this.#tree;
    return {
      find(path, options) {
        const found = tree.find(path, options);
        const bytes = Buffer.from(path);
        const place = `${options?.followLast === false ? 'l' : 'f'}${bytes.toString('latin1')}`;
        note(place, found ? `${found.path.toString('latin1')}\0${stampOf([found])}` : '', bytes);
        return found;
      },
      list(directory) {
        const found = tree.list(directory);
        note(`d${directory.path.toString('latin1')}`, stampOf(found), directory.path);
        return found;
      },
      readlink: (entry) => tree.readlink(entry),
    };
  }
}

/** A checksum over the stamps of entries in their order. Whoever renames a file changes one of them. */
function stampOf(entries: readonly TreeEntry[]): string {
  let [a, b] = [entries.length | 0, 0x2545f491];
  for (const { stat } of entries) {
    words[0] = stat.ino;
    words[1] = stat.size;
    words[2] = stat.mtimeNs;
    words[3] = stat.ctimeNs;
    a = Math.imul(a ^ Number(stat.mode), 0x01000193);
    for (const half of halves) {
      a = Math.imul(a ^ half, 0x85ebca6b);
      a ^= a >>> 15;
      b = Math.imul(b + half, 0xc2b2ae35);
      b = (b << 13) | (b >>> 19);
    }
  }
  return `${a} ${b}`;
}
