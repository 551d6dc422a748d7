import type { SizedPath } from '../understand-types.ts';
import { pathText } from './path-text.ts';

/** The largest of many names. */
export class Largest {
  readonly #most: number;
  readonly #found: { readonly path: string; readonly size: number }[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** `path` as a tree has it. */
  add(path: string, size: number): void {
    const last = this.#found.at(-1);
    if (this.#found.length >= this.#most && (!last || size <= last.size)) return;
    const at = this.#found.findIndex((one) => one.size < size);
    this.#found.splice(at < 0 ? this.#found.length : at, 0, { path, size });
    if (this.#found.length > this.#most) this.#found.pop();
  }

  list(): SizedPath[] {
    return this.#found.map(({ path, size }) => ({ path: pathText(path), size }));
  }
}
