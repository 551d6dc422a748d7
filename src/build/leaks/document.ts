import type { Span } from '../../dockerfile/ast.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import type { Haystack } from './needle.ts';
import type { Leak } from './tell.ts';

/** What of an image's config holds something that is searched for, with the line that wrote it. */
export function* leaksIn(
  config: ImageConfig,
  { search, meaning }: Haystack,
  dockerfile: string,
): Generator<Leak, void> {
  for (const { text, where, words } of textsOf(config)) {
    const hit = search.find(Buffer.from(text));
    if (!hit) continue;
    const lines = dockerfile.split('\n');
    // Where the line says it itself, that one; else the one that names the variable.
    const literal = lines.findIndex((line) => search.find(Buffer.from(line)) !== undefined);
    const span = spanOf(literal < 0 ? lineOf(words, lines) : literal);
    yield { ...meaning(hit.pattern), where, instruction: span && words[0], span };
  }
}

/** A text of a config. */
interface Text {
  readonly text: string;
  /** What it is, for people. */
  readonly where: string;
  /** What the line of a Dockerfile says that writes it: the instruction, and a name on it. */
  readonly words: readonly string[];
}

function* textsOf({ config = {}, history = [], ...rest }: ImageConfig): Generator<Text, void> {
  const { Env = [], Labels, ...others } = config;
  for (const text of Env ?? []) {
    const name = text.split('=', 1)[0] ?? '';
    yield { text, where: `the variable ${name}`, words: ['ENV', name] };
  }
  for (const [key, value] of Object.entries(Labels ?? {})) {
    yield { text: `${key}=${value}`, where: `the label ${key}`, words: ['LABEL', key] };
  }
  for (const [key, value] of Object.entries(others)) {
    for (const text of strings(value)) {
      yield { text, where: `the config's ${key}`, words: [key.toUpperCase()] };
    }
  }
  for (const { created_by: by = '', ...more } of history) {
    const [word = ''] = by.split(' ', 1);
    const name = /^(?:ARG|ENV|LABEL) ([^\s=]+)/.exec(by)?.[1];
    const words = name === undefined ? [word] : [word, name];
    // A RUN names the arguments that it was given; these come from elsewhere.
    yield {
      text: by,
      where: `the history (${word})`,
      words: by.startsWith('RUN |') ? ['ARG'] : words,
    };
    for (const text of strings(more)) yield { text, where: 'the history', words };
  }
  for (const text of strings(rest)) yield { text, where: 'the config', words: [] };
}

/** All texts in a value, names of members too. */
function* strings(value: unknown): Generator<string, void> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (!Array.isArray(value)) yield key;
    yield* strings(member);
  }
}

/** Index of the last line that begins with the instruction and has the name on it, or -1. */
function lineOf([instruction, name]: readonly string[], lines: readonly string[]): number {
  if (instruction === undefined) return -1;
  return lines.findLastIndex((line) => {
    const text = line.trimStart();
    return (
      text
        .slice(0, instruction.length + 1)
        .trimEnd()
        .toUpperCase() === instruction &&
      (name === undefined || text.includes(name))
    );
  });
}

function spanOf(index: number): Span | undefined {
  if (index < 0) return undefined;
  return { start: { line: index + 1, column: 1 }, end: { line: index + 1, column: 1 } };
}
