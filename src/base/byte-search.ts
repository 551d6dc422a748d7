/** Where one of several patterns was found. */
export interface ByteHit {
  /** Offset in what was searched; negative when it began in the piece before. */
  readonly at: number;
  /** Index of the pattern. */
  readonly pattern: number;
}

/** Longer windows skip farther, but a shift has to fit into a byte. */
const WIDEST = 255;

/**
 * Finds the first of several byte strings in one pass, as Wu and Manber do it: the two bytes at
 * the end of a window tell how far it can move on, so most bytes are never looked at. Costs
 * little more for a hundred patterns than for one. Throws RangeError for patterns of less than
 * two bytes.
 */
export class ByteSearch {
  /** Bytes of the longest pattern. */
  readonly longest: number;
  readonly #patterns: readonly Uint8Array[];
  readonly #window: number;
  /** By the two bytes at the end of the window. */
  readonly #shift: Uint8Array;
  readonly #first = new Map<number, number[]>();

  constructor(patterns: readonly Uint8Array[]) {
    const lengths = patterns.map(({ length }) => length);
    const shortest = Math.min(...lengths);
    if (shortest < 2) throw new RangeError('a pattern has two bytes at least');
    this.#patterns = patterns;
    this.longest = Math.max(0, ...lengths);
    this.#window = Math.min(shortest, WIDEST);
    this.#shift = new Uint8Array(0x10000).fill(patterns.length === 0 ? WIDEST : this.#window - 1);
    for (const [index, pattern] of patterns.entries()) this.#add(pattern, index);
  }

  #add(pattern: Uint8Array, index: number): void {
    for (let end = 1; end < this.#window; end += 1) {
      const block = (pattern[end - 1]! << 8) | pattern[end]!;
      const left = this.#window - 1 - end;
      if (left < this.#shift[block]!) this.#shift[block] = left;
      if (left === 0) this.#first.set(block, [...(this.#first.get(block) ?? []), index]);
    }
  }

  /** The first hit that begins at `from` or later. */
  find(bytes: Uint8Array, from = 0): ByteHit | undefined {
    const shift = this.#shift;
    const end = bytes.length;
    let last = from + this.#window - 1;
    while (last < end) {
      const step = shift[(bytes[last - 1]! << 8) | bytes[last]!]!;
      if (step > 0) {
        last += step;
        continue;
      }
      const at = last - this.#window + 1;
      for (const pattern of this.#first.get((bytes[last - 1]! << 8) | bytes[last]!) ?? []) {
        if (isAt(bytes, at, this.#patterns[pattern]!)) return { at, pattern };
      }
      last += 1;
    }
    return undefined;
  }
}

function isAt(bytes: Uint8Array, at: number, pattern: Uint8Array): boolean {
  if (at + pattern.length > bytes.length) return false;
  for (let index = 0; index < pattern.length; index += 1) {
    if (bytes[at + index] !== pattern[index]) return false;
  }
  return true;
}

const NOTHING = Buffer.alloc(0);

/** Searches something that comes in pieces: what lies across their borders is found, too. */
export class PieceSearch {
  readonly #search: ByteSearch;
  /** The end of what came before: shorter than the longest pattern. */
  #tail: Buffer = NOTHING;

  constructor(search: ByteSearch) {
    this.#search = search;
  }

  /** Begins with something else. */
  reset(): void {
    this.#tail = NOTHING;
  }

  /** The first hit in the next piece; with `last` nothing comes after it, and nothing is kept. */
  next(piece: Uint8Array, last = false): ByteHit | undefined {
    const reach = this.#search.longest - 1;
    if (this.#tail.length > 0) {
      const joined = Buffer.concat([this.#tail, piece.subarray(0, reach)]);
      const hit = this.#search.find(joined);
      if (hit && hit.at < this.#tail.length) return { ...hit, at: hit.at - this.#tail.length };
    }
    const hit = this.#search.find(piece);
    if (hit || last) return hit;
    this.#tail =
      piece.length >= reach
        ? Buffer.from(piece.subarray(piece.length - reach))
        : Buffer.concat([this.#tail, piece]).subarray(-reach);
    return undefined;
  }
}
