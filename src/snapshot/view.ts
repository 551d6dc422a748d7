import {
  type BigIntStats,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { InvalidInputError } from '../base/errors.ts';
import type { DiffId } from '../oci/digest.ts';
import { isOpaque, isWhiteout } from './attributes.ts';
import { quoted } from './errors.ts';
import { isInPlace } from './in-place.ts';
import { components, isUp } from './names.ts';
import type { StackEntry, StackView } from './stack-view.ts';

/** A layer of a stack and where its directory is. */
export interface ViewLayer {
  readonly diffId: DiffId;
  readonly fs: string;
}

/** A directory as the stack has it: what each layer has of it, top first. */
interface Directory {
  /** Absolute, without a slash at the end: empty for the root. */
  readonly path: Buffer;
  readonly parent: Directory | undefined;
  readonly parts: readonly Part[];
}

interface Part {
  readonly file: Buffer;
  readonly stat: BigIntStats;
  readonly layer: DiffId;
}

/** What a name in a directory stands for. */
type Found =
  | { readonly directory: Directory }
  | { readonly directory?: undefined; readonly path: Buffer; readonly part: Part };

const LINK_LIMIT = 255;
const NAME_LIMIT = 255;
const SLASH = Buffer.from('/');
/** So many directories are remembered; a walk through a larger tree looks the others up again. */
const CACHE_LIMIT = 50_000;

/** Reads layers, bottom first, as one file system. See {@link StackView}. */
export function stackView(layers: readonly ViewLayer[]): StackView {
  return new LayeredView(layers);
}

class LayeredView implements StackView {
  readonly #layers: readonly ViewLayer[];
  readonly #directories = new Map<string, Directory>();
  #rootDirectory: Directory | undefined;

  constructor(layers: readonly ViewLayer[]) {
    this.#layers = layers;
  }

  find(
    path: string | Uint8Array,
    options: { readonly followLast?: boolean } = {},
  ): StackEntry | undefined {
    const bytes = asBytes(path);
    const found = this.#resolve(bytes, options.followLast !== false || endsInDirectory(bytes));
    return found.missing.length > 0 ? undefined : entryOf(found.at);
  }

  list(directory: StackEntry): StackEntry[] {
    const merged = this.#directoryAt(directory.path);
    if (!merged) return [];
    const seen = new Set<string>();
    const names: { readonly name: Buffer; readonly entry: StackEntry }[] = [];
    for (const part of merged.parts) {
      for (const name of readdirSync(part.file, { encoding: 'buffer' })) {
        const key = name.toString('latin1');
        if (seen.has(key)) continue;
        if (merged.parts.length > 1) seen.add(key);
        const file = below(part.file, name);
        // Changes of a container may go while they are looked at.
        const stat = lstatSync(file, { bigint: true, throwIfNoEntry: false });
        if (!stat || isWhiteout(stat)) continue;
        const entry = leaf(below(merged.path, name), { file, stat, layer: part.layer });
        names.push({ name, entry });
      }
    }
    return names.sort((a, b) => Buffer.compare(a.name, b.name)).map(({ entry }) => entry);
  }

  read(path: string | Uint8Array, limit: number): Buffer | undefined {
    const entry = this.find(path);
    if (!entry) return undefined;
    if (entry.kind !== 'file') throw new InvalidInputError(`${quoted(asBytes(path))} is no file`);
    if (entry.stat.size > limit) {
      throw new InvalidInputError(`${quoted(asBytes(path))} is larger than ${limit} bytes`);
    }
    const fd = openSync(
      entry.file,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    try {
      return isInPlace(fd, entry) ? readFileSync(fd) : undefined;
    } finally {
      closeSync(fd);
    }
  }

  readlink(entry: StackEntry): Buffer {
    return readlinkSync(entry.file, 'buffer');
  }

  place(path: string | Uint8Array): {
    readonly path: Buffer;
    readonly missing: readonly Buffer[];
    readonly existing?: StackEntry;
  } {
    const bytes = asBytes(path);
    const found = this.#resolve(bytes, endsInDirectory(bytes));
    const base = found.at.directory?.path ?? Buffer.alloc(0);
    if (found.missing.length === 0) {
      const existing = entryOf(found.at);
      return existing
        ? { path: existing.path, missing: [], existing }
        : { path: SLASH, missing: [] };
    }
    if (!found.at.directory) {
      const here = quoted(found.at.path);
      throw new InvalidInputError(`${quoted(bytes)}: ${here} is not a directory`);
    }
    const missing: Buffer[] = [];
    let last = base;
    for (const name of found.missing) missing.push((last = below(last, name)));
    return { path: last, missing: missing.slice(0, -1) };
  }

  /**
   * Goes as far as the path exists. `missing` are the components after that; `at` is a
   * directory then, or the file that is in the way of it.
   */
  #resolve(path: Uint8Array, followLast: boolean): { at: Found; missing: Buffer[] } {
    const todo = components(path).toReversed();
    const missing: Buffer[] = [];
    let here = this.#root();
    let links = 0;
    for (let name = todo.pop(); name; name = todo.pop()) {
      if (isUp(name)) {
        if (missing.pop() === undefined) here = here.parent ?? here;
        continue;
      }
      const found = missing.length > 0 ? undefined : this.#lookUp(here, name);
      if (!found) {
        missing.push(name);
        continue;
      }
      if (found.directory) {
        here = found.directory;
        continue;
      }
      const last = todo.length === 0;
      if (!found.part.stat.isSymbolicLink() || (last && !followLast)) {
        return { at: found, missing: todo.toReversed() };
      }
      if ((links += 1) > LINK_LIMIT) {
        throw new InvalidInputError(`too many links on the way to ${quoted(path)}`);
      }
      const target = readlinkSync(found.part.file, 'buffer');
      if (target[0] === SLASH[0]) here = this.#root();
      todo.push(...components(target).toReversed());
    }
    return { at: { directory: here }, missing };
  }

  #root(): Directory {
    this.#rootDirectory ??= {
      path: Buffer.alloc(0),
      parent: undefined,
      parts: merge(
        this.#layers
          .toReversed()
          .map(({ diffId, fs }) => ({ layer: diffId, file: Buffer.from(fs) })),
      ),
    };
    return this.#rootDirectory;
  }

  #lookUp(directory: Directory, name: Buffer): Found | undefined {
    // No file system has such a name, and asking would be an error instead of an answer.
    if (name.length > NAME_LIMIT) return undefined;
    const path = below(directory.path, name);
    const key = path.toString('latin1');
    const known = this.#directories.get(key);
    if (known) return { directory: known };
    const parts = merge(
      directory.parts.map(({ layer, file }) => ({ layer, file: below(file, name) })),
    );
    const [top] = parts;
    if (!top) return undefined;
    if (!top.stat.isDirectory()) return { path, part: top };
    const found = { path, parent: directory, parts };
    if (this.#directories.size >= CACHE_LIMIT) this.#directories.clear();
    this.#directories.set(key, found);
    return { directory: found };
  }

  #directoryAt(path: Buffer): Directory | undefined {
    const known = this.#directories.get(path.toString('latin1'));
    return known ?? this.#resolve(path, false).at.directory;
  }
}

/** What is left of the same name in layers, top first: one file, or the directories that show through each other. */
function merge(candidates: readonly { readonly layer: DiffId; readonly file: Buffer }[]): Part[] {
  const parts: Part[] = [];
  for (const { layer, file } of candidates) {
    const stat = lstatSync(file, { bigint: true, throwIfNoEntry: false });
    if (!stat) continue;
    if (isWhiteout(stat)) break;
    const above = parts.at(-1);
    if (!stat.isDirectory()) {
      if (!above) parts.push({ layer, file, stat });
      break;
    }
    // Asked only here, because most directories have nothing below them that could be hidden.
    if (above && isOpaque(above.file)) break;
    parts.push({ layer, file, stat });
  }
  return parts;
}

function entryOf(found: Found): StackEntry | undefined {
  if (!found.directory) return leaf(found.path, found.part);
  const [top] = found.directory.parts;
  return top && leaf(found.directory.path.length === 0 ? SLASH : found.directory.path, top);
}

function leaf(path: Buffer, part: Part): StackEntry {
  return { path, file: part.file, stat: part.stat, kind: kindOf(part.stat), layer: part.layer };
}

function kindOf(stat: BigIntStats): StackEntry['kind'] {
  switch (Number(stat.mode) & constants.S_IFMT) {
    case constants.S_IFREG:
      return 'file';
    case constants.S_IFDIR:
      return 'directory';
    case constants.S_IFLNK:
      return 'symlink';
    case constants.S_IFCHR:
      return 'char';
    case constants.S_IFBLK:
      return 'block';
    case constants.S_IFIFO:
      return 'fifo';
    default:
      return 'socket';
  }
}

function below(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, SLASH, name]);
}

function asBytes(path: string | Uint8Array): Uint8Array {
  const bytes = typeof path === 'string' ? Buffer.from(path) : path;
  if (bytes.includes(0)) throw new InvalidInputError(`${quoted(bytes)} has a NUL in it`);
  return bytes;
}

/** `link/` and `link/.` mean what the link points to. */
function endsInDirectory(path: Uint8Array): boolean {
  const last = path.at(-1);
  return last === SLASH[0] || (last === 0x2e && (path.length === 1 || path.at(-2) === SLASH[0]));
}
