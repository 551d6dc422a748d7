import { decodeUtf8 } from '../../base/utf8.ts';
import type { TarEntry } from '../../layer/tar-entry.ts';
import type { FileKind, FileRow } from './api-types.ts';

/** Where a list ends, whatever the layer goes on with. */
const NODES = 150_000;
const DEPTH = 128;
const NAME_BYTES = 16 * 1024 * 1024;
const LINK = 4096;
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

interface Node {
  readonly name: string;
  readonly parent: number;
  kind: FileKind;
  size: number;
  mode: number;
  link: string | undefined;
  isOpaque: boolean;
  /** What is in it, by name. */
  inside: Map<string, number>;
}

const NONE: Map<string, number> = new Map();

/** The entries of a layer as a tree, in bounded memory. Number 0 is the root. */
export class LayerTree {
  readonly #nodes: Node[] = [node('', 0, 'directory')];
  #bytes = 0;

  /** Entries, those that only paths tell of included. */
  get size(): number {
    return this.#nodes.length - 1;
  }

  /** False when there is no room for more. */
  add(entry: TarEntry): boolean {
    this.#bytes += entry.path.length;
    if (this.#bytes > NAME_BYTES || this.#nodes.length >= NODES) return false;
    const parts = decodeUtf8(entry.path)
      .split('/')
      .filter((part) => part !== '' && part !== '.');
    if (parts.length > DEPTH || this.#nodes.length + parts.length > NODES) return false;
    const name = parts.pop();
    if (name === undefined) return true;
    const parent = parts.reduce((at, part) => this.#child(at, part, 'directory'), 0);
    if (name === OPAQUE) {
      this.#at(parent).isOpaque = true;
      return true;
    }
    const isWhiteout = name.startsWith(WHITEOUT);
    const shown = isWhiteout ? name.slice(WHITEOUT.length) : name;
    const kind = isWhiteout ? 'whiteout' : entry.type;
    const own = this.#at(this.#child(parent, shown, kind));
    own.kind = kind;
    own.size = entry.size;
    own.mode = entry.mode;
    own.link = entry.linkTarget && decodeUtf8(entry.linkTarget.subarray(0, LINK));
    return true;
  }

  /** Gives directories the size of what is in them. To be called once, at the end. */
  finish(): void {
    for (let at = this.#nodes.length - 1; at > 0; at -= 1) {
      const { parent, size } = this.#at(at);
      this.#at(parent).size += size;
    }
  }

  /** What is in a directory: directories first, then by name. Undefined when there is none. */
  list(directory: number): readonly FileRow[] | undefined {
    const inside = this.#nodes[directory]?.inside;
    if (!inside) return undefined;
    const ids = [...inside.values()];
    const order = (id: number): number => (this.#at(id).kind === 'directory' ? 0 : 1);
    ids.sort(
      (one, other) =>
        order(one) - order(other) || (this.#at(one).name < this.#at(other).name ? -1 : 1),
    );
    return ids.map((id) => this.#row(id, this.#at(id).name));
  }

  /**
   * Entries whose name has what is searched for, in any case of letters; with slashes in it,
   * whose path has it. No more than `limit` of them, and how many there are.
   */
  find(search: string, limit: number): { readonly files: FileRow[]; readonly total: number } {
    const parts = search.toLowerCase().split('/');
    const files: FileRow[] = [];
    let total = 0;
    for (let id = 1; id < this.#nodes.length; id += 1) {
      if (!this.#matches(id, parts)) continue;
      total += 1;
      if (files.length < limit) files.push(this.#row(id, this.#path(id)));
    }
    return { files, total };
  }

  /** Goes up from an entry, so that no path has to be made. */
  #matches(id: number, parts: readonly string[]): boolean {
    let at = id;
    for (let index = parts.length - 1; index >= 0; index -= 1) {
      const part = parts[index] ?? '';
      const isFirst = index === 0;
      const isLast = index === parts.length - 1;
      // The path begins with a slash.
      if (at === 0) return isFirst && part === '';
      const { name, parent } = this.#at(at);
      const own = name.toLowerCase();
      const fits =
        isFirst && isLast
          ? own.includes(part)
          : isFirst
            ? own.endsWith(part)
            : isLast
              ? own.startsWith(part)
              : own === part;
      if (!fits) return false;
      at = parent;
    }
    return true;
  }

  #path(id: number): string {
    const names: string[] = [];
    for (let at = id; at !== 0; at = this.#at(at).parent) names.push(this.#at(at).name);
    return names.reverse().join('/');
  }

  #row(id: number, name: string): FileRow {
    const { kind, size, mode, link, isOpaque, inside } = this.#at(id);
    return {
      id,
      name,
      kind,
      size,
      mode: mode.toString(8),
      ...(link !== undefined && { link }),
      ...(kind === 'directory' && { entries: inside.size }),
      ...(isOpaque && { isOpaque }),
    };
  }

  /** The entry of that name, which is made if need be. */
  #child(parent: number, name: string, kind: FileKind): number {
    const above = this.#at(parent);
    const known = above.inside.get(name);
    if (known !== undefined) return known;
    if (above.inside === NONE) above.inside = new Map();
    const id = this.#nodes.length;
    this.#nodes.push(node(name, parent, kind));
    above.inside.set(name, id);
    return id;
  }

  #at(id: number): Node {
    const found = this.#nodes[id];
    if (!found) throw new Error('an entry of a layer has no number');
    return found;
  }
}

/** Most entries have nothing in them: they share one empty map. */
function node(name: string, parent: number, kind: FileKind): Node {
  return {
    name,
    parent,
    kind,
    size: 0,
    mode: 0o755,
    link: undefined,
    isOpaque: false,
    inside: NONE,
  };
}
