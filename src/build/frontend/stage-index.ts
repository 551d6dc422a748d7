import { closest } from '../../base/suggest.ts';
import type { Stage } from '../../dockerfile/ast.ts';

/** Names that people mean when they come close to them. */
const COMMON_IMAGES = ['alpine', 'busybox', 'centos', 'debian', 'fedora', 'golang', 'ubuntu'];

/** Finds the stages of a file by name, of which there may be many. */
export class StageIndex {
  readonly #stages: readonly Stage[];
  /** Indexes of the stages of each name, in the order of the file. */
  readonly #named = new Map<string, number[]>();

  constructor(stages: readonly Stage[]) {
    this.#stages = stages;
    for (const { from, index } of stages) {
      if (from.as === undefined) continue;
      const same = this.#named.get(from.as);
      if (same) same.push(index);
      else this.#named.set(from.as, [index]);
    }
  }

  /** The last stage of a name above another stage. */
  above(name: string, stage: Stage): Stage | undefined {
    const same = this.#named.get(name) ?? [];
    let low = 0;
    for (let high = same.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((same[middle] ?? 0) < stage.index) low = middle + 1;
      else high = middle;
    }
    const found = same[low - 1];
    return found === undefined ? undefined : this.#stages[found];
  }

  /** The first stage of a name, wherever it stands. */
  first(name: string): Stage | undefined {
    const index = this.#named.get(name)?.[0];
    return index === undefined ? undefined : this.#stages[index];
  }

  /** The name that was probably meant by one that is neither a stage nor an image here. */
  near(name: string): string | undefined {
    const lower = name.toLowerCase();
    if (lower !== name && this.#named.has(lower)) return lower;
    return closest(name, [...this.#named.keys(), ...COMMON_IMAGES]);
  }
}
