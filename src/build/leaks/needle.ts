import { createHmac } from 'node:crypto';
import { ByteSearch } from '../../base/byte-search.ts';
import { patternsOf, type Form } from './patterns.ts';
import { piecesOf } from './pieces.ts';

/** Rises when more of a value is found than before: then layers are searched again. */
const VERSION = 1;

/** What a build was given and must not give away. */
export interface Given {
  readonly kind: 'secret' | 'ssh' | 'argument' | 'login' | 'url';
  readonly id: string;
  readonly value: Uint8Array;
}

/** Something that is searched for. Its value is in the patterns and nowhere else. */
export interface Needle {
  readonly kind: Given['kind'];
  readonly id: string;
  readonly patterns: ReturnType<typeof patternsOf>;
  /** Lines of the value, not to be shown. */
  readonly lines: readonly string[];
  /** Stands for the value in what the store remembers; says nothing without the store's key. */
  readonly key: string;
}

/** A needle of a value; undefined when finding it would tell nothing. `secret` keys what is remembered. */
export function needleOf({ kind, id, value }: Given, secret: string): Needle | undefined {
  const patterns = piecesOf(value).flatMap(patternsOf);
  if (patterns.length === 0) return undefined;
  const key = createHmac('sha256', secret).update(`leak ${VERSION}\0`).update(value).digest('hex');
  const text = Buffer.from(value).toString();
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim().length > 3);
  return { kind, id, patterns, lines, key: key.slice(0, 32) };
}

/** What was found of a needle. */
export interface Finding {
  readonly needle: Needle;
  readonly form: Form;
}

/** Needles, ready to be searched for together. */
export interface Haystack {
  readonly needles: readonly Needle[];
  readonly search: ByteSearch;
  /** What a hit's pattern stands for. */
  readonly meaning: (pattern: number) => Finding;
  /** A text without any of the values. */
  readonly masked: (text: string) => string;
}

/** Prepares a search. */
export function haystack(needles: readonly Needle[]): Haystack {
  const all = needles.flatMap((needle) =>
    needle.patterns.map(({ bytes, form }) => ({ needle, form, bytes })),
  );
  const search = new ByteSearch(all.map(({ bytes }) => bytes));
  return {
    needles,
    search,
    meaning(pattern) {
      const { needle, form } = all[pattern]!;
      return { needle, form };
    },
    masked(text) {
      // Longest first: of a value that another one begins with, nothing stays.
      const texts = [
        ...needles.flatMap(({ lines }) => lines),
        ...all.map(({ bytes }) => bytes.toString()),
      ].sort((a, b) => b.length - a.length);
      let shown = text;
      for (const one of texts) shown = shown.replaceAll(one, '***');
      return shown;
    },
  };
}
