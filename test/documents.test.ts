import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { COMMANDS, GROUPS } from '../src/cli/command-index.ts';
import { findCommand } from '../src/cli/find-command.ts';
import { GLOBAL_FLAGS } from '../src/cli/global-flags.ts';

/** Flags of the Dockerfile's own instructions. */
const FOREIGN = new Set(['checksum', 'security', 'unpack']);
const BEFORE = new Set(['-D', ...GLOBAL_FLAGS.map(({ long }) => `--${long}`)]);

/** The flags that may be typed, by canonical name of the command. */
const tables = new Map(
  await Promise.all(
    COMMANDS.map(async ({ name, load }) => {
      const flags = Object.entries((await load()).flags);
      const usable = flags.filter(([, { refusal }]) => refusal === undefined);
      return [name, new Set([...usable.map(([long]) => long), 'help'])] as const;
    }),
  ),
);
const everyFlag = new Set([...tables.values()].flatMap((names) => [...names]));

/** What a document shows as code: spans within a line, and the lines of blocks. */
function code(text: string): { readonly spans: string[]; readonly lines: string[] } {
  const lines: string[] = [];
  const rest = text.replace(/^```\w*.*\n([\s\S]*?)^```$/gm, (_, body: string) => {
    lines.push(...body.replaceAll('\\\n', ' ').split('\n'));
    return '';
  });
  return { spans: [...rest.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span), lines };
}

/** What is wrong with a line that names a command; nothing when it names none. */
function wrong(line: string): string[] {
  const calls = line.matchAll(/(?:^|[\s(/;|&])stave +([^|;&>#)]*)/g);
  return [...calls].flatMap(([, rest = '']) => {
    const words = rest.trim().split(/\s+/);
    while (BEFORE.has(words[0] ?? '')) words.splice(0, words[0] === '--root' ? 2 : 1);
    return mistakes(words).map((mistake) => `${mistake} in: ${line}`);
  });
}

function mistakes(words: readonly string[]): string[] {
  const [first = ''] = words;
  if (first === '' || first === 'help' || !/^[a-z]/.test(first)) return [];
  const found = findCommand(words);
  if (!found) {
    return Object.hasOwn(GROUPS, words.join(' ')) ? [] : [`no command ${words.join(' ')}`];
  }
  const known = tables.get(found.entry.name);
  const typed = words
    .slice(found.length)
    .flatMap((word) => /^--([a-z][\w-]*)/.exec(word)?.[1] ?? []);
  return typed.filter((flag) => !known?.has(flag)).map((flag) => `no flag --${flag}`);
}

for (const file of [
  ...globSync('*.md'),
  ...globSync('docs/*.md'),
  ...globSync('examples/**/*.md'),
]) {
  test(`${file} names only commands and flags that there are`, () => {
    const { spans, lines } = code(readFileSync(file, 'utf8'));
    const found = lines.flatMap(wrong);
    for (const span of spans) {
      found.push(...wrong(span));
      const words = span.split(/\s+/);
      if (findCommand(words) && span.includes('--')) {
        found.push(...mistakes(words).map((mistake) => `${mistake} in: ${span}`));
      }
      const flag = /^--([a-z][\w-]*)/.exec(span)?.[1];
      if (
        flag !== undefined &&
        !everyFlag.has(flag) &&
        !BEFORE.has(`--${flag}`) &&
        !FOREIGN.has(flag)
      ) {
        found.push(`no flag --${flag}`);
      }
    }
    assert.deepEqual(found, []);
  });
}
