/** What is kept of the output of a step, in case it fails. */
const KEPT = 8 * 1024;

/** The end of a step's output, both streams as they came. */
export class OutputTail {
  #text = '';

  add(text: string): void {
    const all = this.#text + text.slice(-KEPT);
    this.#text = all.length > 2 * KEPT ? all.slice(-KEPT) : all;
  }

  get text(): string {
    return this.#text.slice(-KEPT);
  }
}
