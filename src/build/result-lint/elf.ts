import { readSync } from 'node:fs';

/** What a program or library asks for before it can run. */
export interface ElfNeeds {
  /** `PT_INTERP`: the program that loads it; absent for what is linked statically. */
  readonly interpreter?: string;
  /** `DT_NEEDED`. */
  readonly libraries: readonly string[];
  /** `DT_RPATH` and `DT_RUNPATH`, as they are written. */
  readonly searched: readonly string[];
  /** `e_machine`. */
  readonly machine: number;
}

/** Bounds: what is larger is no program that anybody made. */
const MOST_SEGMENTS = 1024;
const MOST_ENTRIES = 8192;
const LONGEST_NAME = 4096;

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;
const DT_RPATH = 15n;
const DT_RUNPATH = 29n;

/**
 * Reads what an ELF file asks for; undefined for other files and for damaged ones.
 *
 * @see https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html
 */
export function readElf(fd: number): ElfNeeds | undefined {
  try {
    return new ElfFile(fd).needs();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

class ElfFile {
  readonly #fd: number;
  readonly #wide: boolean;
  readonly #little: boolean;
  readonly #head: Buffer;

  /** Throws RangeError for what is no ELF file. */
  constructor(fd: number) {
    this.#fd = fd;
    this.#head = this.#read(0, 64);
    if (this.#head.toString('latin1', 0, 4) !== '\x7fELF') throw new RangeError('no ELF file');
    this.#wide = this.#head[4] === 2;
    this.#little = this.#head[5] === 1;
  }

  needs(): ElfNeeds {
    const segments = this.#segments();
    const interp = segments.find(({ type }) => type === PT_INTERP);
    const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
    const machine = this.#number(this.#head, 18, 2);
    const interpreter = interp && this.#text(interp.offset);
    return {
      ...(interpreter !== undefined && { interpreter }),
      ...(dynamic ? this.#dynamic(dynamic, segments) : { libraries: [], searched: [] }),
      machine,
    };
  }

  #segments(): Segment[] {
    const [at, size, count] = this.#wide
      ? [
          this.#number(this.#head, 32, 8),
          this.#number(this.#head, 54, 2),
          this.#number(this.#head, 56, 2),
        ]
      : [
          this.#number(this.#head, 28, 4),
          this.#number(this.#head, 42, 2),
          this.#number(this.#head, 44, 2),
        ];
    if (count > MOST_SEGMENTS || size !== (this.#wide ? 56 : 32))
      throw new RangeError('odd segments');
    const table = this.#read(at, size * count);
    return Array.from({ length: count }, (_, index) => {
      const start = index * size;
      const [offset, address, length] = this.#wide ? ([8, 16, 32] as const) : ([4, 8, 16] as const);
      const word = this.#wide ? 8 : 4;
      return {
        type: this.#number(table, start, 4),
        offset: this.#number(table, start + offset, word),
        address: this.#number(table, start + address, word),
        size: this.#number(table, start + length, word),
      };
    });
  }

  #dynamic(
    { offset, size }: Segment,
    segments: readonly Segment[],
  ): Pick<ElfNeeds, 'libraries' | 'searched'> {
    const word = this.#wide ? 8 : 4;
    const count = Math.min(Math.floor(size / (2 * word)), MOST_ENTRIES);
    const table = this.#read(offset, count * 2 * word);
    const entries: (readonly [bigint, number])[] = [];
    for (let index = 0; index < count; index += 1) {
      const tag = BigInt(this.#number(table, index * 2 * word, word));
      if (tag === 0n) break;
      // Values of tags that are of no interest here may be any number.
      if (tag > DT_RUNPATH) continue;
      entries.push([tag, this.#number(table, index * 2 * word + word, word)]);
    }
    const address = entries.find(([tag]) => tag === DT_STRTAB)?.[1];
    const holder = segments.find(
      (one) =>
        one.type === PT_LOAD &&
        address !== undefined &&
        address >= one.address &&
        address < one.address + one.size,
    );
    if (!holder || address === undefined) return { libraries: [], searched: [] };
    const strings = holder.offset + address - holder.address;
    const texts = (...tags: readonly bigint[]): string[] =>
      entries.filter(([tag]) => tags.includes(tag)).map(([, at]) => this.#text(strings + at));
    return { libraries: texts(DT_NEEDED), searched: texts(DT_RPATH, DT_RUNPATH) };
  }

  /** Up to the next NUL. */
  #text(at: number): string {
    const bytes = Buffer.alloc(LONGEST_NAME);
    const count = readSync(this.#fd, bytes, 0, bytes.length, at);
    const end = bytes.subarray(0, count).indexOf(0);
    if (end < 0) throw new RangeError('a name without an end');
    return bytes.toString('utf8', 0, end);
  }

  #read(at: number, size: number): Buffer {
    const bytes = Buffer.alloc(size);
    if (readSync(this.#fd, bytes, 0, size, at) < Math.min(size, 52))
      throw new RangeError('too short');
    return bytes;
  }

  /** Throws RangeError for numbers that no offset can be. */
  #number(bytes: Buffer, at: number, size: 2 | 4 | 8): number {
    if (size === 2) return this.#little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
    if (size === 4) return this.#little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    const value = this.#little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at);
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
  }
}
