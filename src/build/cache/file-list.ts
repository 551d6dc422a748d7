import type { FileChange } from '../../base/progress.ts';

/** Entries beyond which a list is given up: nothing may grow with the context. */
const MOST = 50_000;
/** Between two entries: no field of one is a lone slash. */
const BETWEEN = '\0/\0';

/** What a cache key says of one entry that a step reads. */
interface ListedFile {
  /** From the root of the context or stage, without a leading slash. Bytes as latin1. */
  readonly path: string;
  readonly kind: string;
  /** Octal. */
  readonly mode: string;
  /** `uid:gid`. */
  readonly owner: string;
  /** Size and digest of a file, numbers of a device. */
  readonly content: string;
  /** Bytes as latin1. */
  readonly target: string;
  /** A digest; empty without attributes. */
  readonly xattrs: string;
}

/**
 * The entries that a content digest was made of. It is filled while that is worked out, so that
 * no file is looked at twice; kept in the store, it tells a later build which file changed.
 */
export class FileList {
  /** Texts are made of them when somebody asks. */
  readonly #paths: Uint8Array[] = [];
  /** Facts and link targets by turns. */
  readonly #facts: string[] = [];
  readonly #ignoredBy: ((path: string) => string | undefined) | undefined;
  #count = 0;

  /** `ignoredBy` names the rule that hides a path now. */
  constructor(ignoredBy?: (path: string) => string | undefined) {
    this.#ignoredBy = ignoredBy;
  }

  /**
   * `path` begins with a slash. `facts` are words: kind, mode, owner; size and digest of a file or
   * the numbers of a device; the digest of attributes where there are any. `target` is latin1.
   */
  add(path: Uint8Array, facts: string, target: string | undefined): void {
    this.#count += 1;
    if (this.#count > MOST) {
      this.#paths.length = 0;
      this.#facts.length = 0;
    } else {
      this.#paths.push(path);
      this.#facts.push(facts, target ?? '');
    }
  }

  get count(): number {
    return this.#count;
  }

  /** As the store keeps it; undefined when there were too many. */
  encoded(): Buffer | undefined {
    if (this.#count > MOST) return undefined;
    const { zstdCompressSync } = process.getBuiltinModule('node:zlib');
    return zstdCompressSync(Buffer.from(this.#entries().join(BETWEEN), 'latin1'));
  }

  /**
   * What differs from a list that the store kept, in the order of the paths; undefined when
   * there were too many entries.
   */
  changesSince(kept: Uint8Array): FileChange[] | undefined {
    if (this.#count > MOST) return undefined;
    const { zstdDecompressSync } = process.getBuiltinModule('node:zlib');
    const before = zstdDecompressSync(kept).toString('latin1').split(BETWEEN);
    const [old, now] = different(before, this.#entries());
    return changesBetween(parsed(old), parsed(now), (path) => this.#ignoredBy?.(path));
  }

  #entries(): string[] {
    return this.#paths.map((path, at) => {
      const [facts = '', target = ''] = this.#facts.slice(2 * at, 2 * at + 2);
      const [kind = '', mode = '', owner = '', ...rest] = facts.split(' ');
      const [size = '', digest = ''] = kind === 'file' ? rest.splice(0, 2) : [];
      const device = kind === 'char' || kind === 'block' ? rest.splice(0, 1) : [];
      const content = kind === 'file' ? `${size} ${shortened(digest)}` : device.join('');
      const name = Buffer.from(path).toString('latin1', 1);
      const xattrs = shortened(rest[0] ?? '');
      return `${name}\0${kind}\0${mode}\0${owner}\0${content}\0>${target}\0${xattrs}`;
    });
  }
}

/** As much of a digest as tells two of them apart. */
function shortened(digest: string): string {
  return digest.slice(7, 31);
}

/**
 * What of two lists is not in the other. They have the same order, so that nearly all of what
 * did not change is at the same places from their ends.
 */
function different(a: readonly string[], b: readonly string[]): [string[], string[]] {
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const [x, y] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  const [inX, inY] = [new Set(x), new Set(y)];
  return [x.filter((one) => !inY.has(one)), y.filter((one) => !inX.has(one))];
}

function parsed(entries: readonly string[]): Map<string, ListedFile> {
  return new Map(
    entries
      .filter((entry) => entry !== '')
      .map((entry) => {
        const [
          path = '',
          kind = '',
          mode = '',
          owner = '',
          content = '',
          target = '',
          xattrs = '',
        ] = entry.split('\0');
        return [path, { path, kind, mode, owner, content, target: target.slice(1), xattrs }];
      }),
  );
}

/** What differs, in the order of the paths. */
function changesBetween(
  before: ReadonlyMap<string, ListedFile>,
  now: ReadonlyMap<string, ListedFile>,
  ignored: (path: string) => string | undefined,
): FileChange[] {
  const changes = new Map<string, FileChange>();
  const say = (path: string, what: string): void =>
    void changes.set(path, { path: shown(path), what });
  const gone: ListedFile[] = [];
  for (const old of before.values()) {
    const one = now.get(old.path);
    if (!one) gone.push(old);
    else if (!same(old, one)) say(old.path, changeOf(old, one));
  }
  const fresh = new Map<string, ListedFile>();
  for (const one of now.values()) {
    if (before.has(one.path)) continue;
    say(one.path, 'new');
    if (one.kind === 'file') fresh.set(signature(one), one);
  }
  for (const old of gone) {
    const rule = ignored(shown(old.path));
    const renamed = rule === undefined ? fresh.get(signature(old)) : undefined;
    if (renamed && old.kind === 'file') {
      fresh.delete(signature(old));
      say(renamed.path, `renamed from ${shown(old.path)}`);
    } else {
      say(old.path, rule === undefined ? 'removed' : `ignored now: ${rule}`);
    }
  }
  return [...changes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, change]) => change);
}

function same(a: ListedFile, b: ListedFile): boolean {
  return (
    a.kind === b.kind &&
    a.mode === b.mode &&
    a.owner === b.owner &&
    a.content === b.content &&
    a.target === b.target &&
    a.xattrs === b.xattrs
  );
}

function signature({ kind, mode, owner, content, xattrs }: ListedFile): string {
  return [kind, mode, owner, content, xattrs].join(' ');
}

function changeOf(old: ListedFile, now: ListedFile): string {
  if (old.kind !== now.kind) return `type ${old.kind}→${now.kind}`;
  const what: string[] = [];
  if (old.content !== now.content) what.push('content');
  if (old.mode !== now.mode) what.push(`mode ${octal(old.mode)}→${octal(now.mode)}`);
  if (old.owner !== now.owner) what.push(`owner ${old.owner}→${now.owner}`);
  if (old.target !== now.target) {
    what.push(`link target ${shown(old.target)}→${shown(now.target)}`);
  }
  if (old.xattrs !== now.xattrs) what.push('extended attributes');
  return what.join(', ');
}

function octal(mode: string): string {
  return mode.padStart(4, '0');
}

function shown(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString();
}
