import type { Flag } from '../../flags.ts';

/** What a single value is. `place` is a path, but for URLs and `-`. */
export type LeafKind =
  | 'toggle'
  | 'text'
  | 'url'
  | 'path'
  | 'place'
  | 'int'
  | 'decimal'
  | 'bytes'
  | 'duration'
  | 'word';

/** A value, or a list of such values. */
export interface Leaf {
  readonly kind: LeafKind;
  readonly about: string;
  readonly isList?: boolean;
  /** Of the kind `word`: those that there are. */
  readonly words?: readonly string[];
  /** The flag of `registry serve` that says the same. */
  readonly flag?: string;
  /** A running registry takes a change over when it gets SIGHUP. */
  readonly isReloaded?: boolean;
  /** What counts when nothing is said. */
  readonly initial?: string | number | boolean;
  /** Reads what the flag would read. Throws RangeError with the reason. */
  readonly read?: (text: string) => unknown;
}

/** Something secret: `{ file: PATH }` or `{ env: NAME }`, never itself. */
export interface SecretShape {
  readonly kind: 'secret';
  readonly about: string;
  readonly isReloaded?: boolean;
}

/** Names and values, both free: texts or secrets. */
export interface FreeMap {
  readonly kind: 'map';
  readonly about: string;
  /** True for names whose values must be secrets. */
  readonly isSecret: (name: string) => boolean;
}

/** Keys with a shape each. */
export interface Section {
  readonly kind: 'section';
  readonly about: string;
  readonly fields: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
}

/** A list of sections. */
export interface SectionList {
  readonly kind: 'sections';
  readonly about: string;
  readonly of: Section;
  readonly isReloaded?: boolean;
}

/** What may stand somewhere in a config file. */
export type Shape = Leaf | SecretShape | FreeMap | Section | SectionList;

/** Where a secret is. */
export type SecretReference = { readonly file: string } | { readonly env: string };

type LeafOptions = Partial<Pick<Leaf, 'kind' | 'isReloaded' | 'initial'>>;

/** The value of a flag, in a file. */
export function byFlag(name: string, flag: Flag<unknown>, options: LeafOptions = {}): Leaf {
  const isList = Array.isArray(flag.initial);
  return {
    kind: kindOf(flag),
    about: flag.summary,
    flag: name,
    ...(isList && { isList }),
    ...(flag.words && { words: flag.words }),
    read: (text) => flag.read(text, flag.initial),
    ...options,
  };
}

function kindOf({ valueName, words }: Flag<unknown>): LeafKind {
  if (words) return 'word';
  switch (valueName) {
    case '':
      return 'toggle';
    case 'int':
    case 'decimal':
    case 'bytes':
    case 'duration':
    case 'url':
      return valueName;
    case 'file':
    case 'directory':
      return 'path';
    case 'file|-':
    case 'file|url':
      return 'place';
    default:
      return 'text';
  }
}

/** What a value must be, in words. */
export function expectation(shape: Shape): string {
  switch (shape.kind) {
    case 'section':
      return 'keys and values';
    case 'sections':
      return 'a list of keys and values';
    case 'map':
      return 'names and values';
    case 'secret':
      return 'a reference: { file: PATH } or { env: NAME }';
    default: {
      const one = leafExpectation(shape);
      return shape.isList ? `a list, each ${one}` : one;
    }
  }
}

function leafExpectation({ kind, words = [] }: Leaf): string {
  switch (kind) {
    case 'toggle':
      return 'true or false';
    case 'text':
      return 'a text';
    case 'url':
      return 'an http(s) URL';
    case 'path':
      return 'a path';
    case 'place':
      return 'a path or URL';
    case 'int':
      return 'a whole number';
    case 'decimal':
      return 'a number';
    case 'bytes':
      return 'a number of bytes, such as 512m';
    case 'duration':
      return 'a duration, such as 90s or 6h';
    case 'word':
      return `one of ${words.join(', ')}`;
  }
}

/** A value with the keys that lead to it: `storage.s3.region`, `webhooks.endpoints[].url`. */
export interface Row {
  readonly path: string;
  readonly shape: Exclude<Shape, Section>;
}

/** All values of a shape, in order; those within lists too if asked for. */
export function* rowsOf(shape: Shape, within = false, path = ''): Generator<Row> {
  if (shape.kind !== 'section') {
    yield { path, shape };
    if (shape.kind === 'sections' && within) yield* rowsOf(shape.of, within, `${path}[]`);
    return;
  }
  for (const [key, field] of Object.entries(shape.fields)) {
    yield* rowsOf(field, within, path === '' ? key : `${path}.${key}`);
  }
}
