import { InvalidInputError } from '../base/errors.ts';
import { decodeUtf8 } from '../base/utf8.ts';
import type { ImageFiles } from './image-files.ts';
import type { NotRead, Package } from './package.ts';

/** Longest name or version of a package. */
const WORD_LIMIT = 256;
/** Longest text that is taken from a record. */
const TEXT_LIMIT = 1024;
/** Packages in one image. */
const COUNT_LIMIT = 500_000;
/** Broken lists that are told of one by one. */
const NOT_READ_LIMIT = 100;
/** Characters that no name, version or architecture of a package has. */
// oxlint-disable-next-line no-control-regex
const NO_WORD = /[\x00-\x20\x7f-\x9f]/;

/** Takes packages as readers find them, and what they had to pass over. */
export class PackageReader {
  readonly files: ImageFiles;
  readonly #packages = new Map<string, Package>();
  readonly #notRead = new Map<string, string>();

  constructor(files: ImageFiles) {
    this.files = files;
  }

  get packages(): Iterable<Package> {
    return this.#packages.values();
  }

  get notRead(): readonly NotRead[] {
    return [...this.#notRead]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, reason]) => ({ path, reason }));
  }

  /** A file as text; a file that cannot be had is passed over, and said where it is too large. */
  text(path: string, limit: number): string | undefined {
    const bytes = this.bytes(path, limit);
    return bytes && decodeUtf8(bytes).toWellFormed();
  }

  /** The same as bytes. */
  bytes(path: string, limit: number): Buffer | undefined {
    try {
      return this.files.read(path, limit);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      this.pass(path, error.message);
      return undefined;
    }
  }

  /**
   * Takes a package, unless it was met before. One whose name or version cannot be one is passed
   * over, and that is said.
   */
  add(found: Package): void {
    const { kind, name, version, architecture = '' } = found;
    if (!isWord(name) || !isWord(version) || (architecture !== '' && !isWord(architecture))) {
      this.pass(found.foundIn, 'a record without a proper name and version was passed over');
      return;
    }
    if (this.#packages.size >= COUNT_LIMIT) {
      this.pass(found.foundIn, `only the first ${COUNT_LIMIT} packages were read`);
      return;
    }
    const key = [kind, name, version, architecture].join('\0');
    const before = this.#packages.get(key);
    // The order in which files are met says nothing.
    if (!before || found.foundIn < before.foundIn) this.#packages.set(key, found);
  }

  /** Notes that a list was not read, or not wholly; the first reason counts. */
  pass(path: string, reason: string): void {
    const place = shown(path);
    if (this.#notRead.has(place) || this.#notRead.size >= NOT_READ_LIMIT) return;
    this.#notRead.set(place, reason);
  }
}

function isWord(text: string): boolean {
  return text !== '' && text.length <= WORD_LIMIT && !NO_WORD.test(text);
}

/** A Latin-1 path as text. */
export function shown(path: string): string {
  return decodeUtf8(Buffer.from(path, 'latin1')).toWellFormed();
}

/** A text of a record in one line of bounded length; undefined when nothing is left of it. */
export function line(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  // oxlint-disable-next-line no-control-regex
  const flat = text.slice(0, TEXT_LIMIT).replaceAll(/[\x00-\x20\x7f-\x9f\u2028\u2029]+/g, ' ');
  const trimmed = flat.trim().toWellFormed();
  return trimmed === '' ? undefined : trimmed;
}

/** A URL of a record where it is one for browsers. */
export function webPage(text: unknown): string | undefined {
  const url = line(text);
  if (url === undefined || !/^https?:\/\/[^\s"<>\\^`{|}]+$/i.test(url)) return undefined;
  return URL.canParse(url) ? url : undefined;
}

/** The members that say something. */
export function told<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
