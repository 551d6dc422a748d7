import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ExpansionError } from './errors.ts';
import { expandWord } from './expand.ts';
import { parsePattern, removeMatch, replaceMatches } from './shell-pattern.ts';

const options = { escape: '\\' } as const;
const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\n'), maxLength: 12 });
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?'), maxLength: 6 });

/** The same pattern for the regular expressions of the language: right, if slow on bad input. */
function source(glob: string, star: string): string {
  const parts = new Map([
    ['*', star],
    ['?', '.'],
    ['/', '\\/'],
  ]);
  return glob.replaceAll(/[*?/]/g, (part) => parts.get(part) ?? part);
}

test('expandWord() gives back what was quoted', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const single = `'${value.replaceAll("'", `'"'"'`)}'`;
      assert.equal(
        expandWord(single, () => 'no', options),
        value,
      );
      const double = `"${value.replaceAll(/[\\"$]/g, '\\$&')}"`;
      assert.equal(
        expandWord(double, () => 'no', options),
        value,
      );
    }),
    { numRuns: 200 },
  );
});

test('expandWord() either expands a word or says why not', () => {
  const unit = fc.constantFrom(
    '$',
    '{',
    '}',
    ':',
    '-',
    '+',
    '?',
    '#',
    '%',
    '/',
    '\\',
    '"',
    "'",
    'a',
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 30 }), (raw) => {
      try {
        expandWord(raw, (name) => (name === 'a' ? 'value' : undefined), options);
      } catch (error) {
        assert.ok(error instanceof ExpansionError, String(error));
      }
    }),
    { numRuns: 200 },
  );
});

test('removeMatch() takes off what a regular expression finds at the start', () => {
  fc.assert(
    fc.property(text, pattern, fc.boolean(), (value, glob, greedy) => {
      const expected = value.replace(new RegExp(`^${source(glob, greedy ? '.*' : '.*?')}`), '');
      const budget = { steps: 1_000_000 };
      const parsed = parsePattern(glob);
      assert.equal(removeMatch(value, parsed, { from: 'start', greedy, budget }), expected);
    }),
    { numRuns: 200 },
  );
});

test('removeMatch() treats the end as the mirror of the start', () => {
  const mirror = (value: string): string => Array.from(value).toReversed().join('');
  fc.assert(
    fc.property(text, pattern, fc.boolean(), (value, glob, greedy) => {
      const budget = { steps: 1_000_000 };
      assert.equal(
        removeMatch(value, parsePattern(glob), { from: 'end', greedy, budget }),
        mirror(
          removeMatch(mirror(value), parsePattern(mirror(glob)), { from: 'start', greedy, budget }),
        ),
      );
    }),
    { numRuns: 200 },
  );
});

test('replaceMatches() replaces what a regular expression finds', () => {
  fc.assert(
    fc.property(text, pattern, fc.boolean(), (value, glob, all) => {
      const expression = new RegExp(source(glob, '.*'), all ? 'g' : '');
      // The language also counts an empty match right behind another one; Go and we do not.
      let last = -1;
      const expected = value.replaceAll(new RegExp(expression.source, 'g'), (found, at: number) => {
        if (last >= 0 && !all) return found;
        if (found === '' && at === last) return '';
        last = at + found.length;
        return 'X';
      });
      const budget = { steps: 1_000_000 };
      const options = { replacement: 'X', all, limit: 1000, budget };
      assert.equal(replaceMatches(value, parsePattern(glob), options), expected);
    }),
    { numRuns: 200 },
  );
});

/** A word as what it means, for a model of expansion that reads no text. */
type Part =
  | { readonly kind: 'text' | 'single'; readonly text: string }
  | { readonly kind: 'double'; readonly parts: readonly Part[] }
  | { readonly kind: 'plain'; readonly name: string; readonly braces: boolean }
  | {
      readonly kind: 'default' | 'other';
      readonly name: string;
      readonly colon: boolean;
      readonly word: readonly Part[];
    };

const name = fc.constantFrom('set', 'empty', 'unset');
const letters = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '.', 'é'), maxLength: 4 });
const { word } = fc.letrec<{ part: Part; inner: Part; word: readonly Part[] }>((tie) => ({
  inner: fc.oneof(
    letters.map((text): Part => ({ kind: 'text', text })),
    fc.record({ kind: fc.constant('plain' as const), name, braces: fc.constant(true) }),
    fc.record({
      kind: fc.constantFrom('default' as const, 'other' as const),
      name,
      colon: fc.boolean(),
      word: tie('word'),
    }),
  ),
  part: fc.oneof(
    { depthSize: 'small' },
    letters.map((text): Part => ({ kind: 'single', text })),
    tie('inner'),
    fc.array(tie('inner'), { maxLength: 3 }).map((parts): Part => ({ kind: 'double', parts })),
  ),
  word: fc.array(tie('part'), { maxLength: 3 }),
}));

const VALUES = new Map([
  ['set', 'one two'],
  ['empty', ''],
]);

function written(part: Part): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'single':
      return `'${part.text}'`;
    case 'double':
      // Quotes do not nest: inside, words of substitutions have quotes of their own.
      return `"${part.parts.map(written).join('')}"`;
    case 'plain':
      return part.braces ? `\${${part.name}}` : `$${part.name}`;
    default: {
      const operator = `${part.colon ? ':' : ''}${part.kind === 'default' ? '-' : '+'}`;
      return `\${${part.name}${operator}${part.word.map(written).join('')}}`;
    }
  }
}

function meant(part: Part): string {
  switch (part.kind) {
    case 'text':
    case 'single':
      return part.text;
    case 'double':
      return part.parts.map(meant).join('');
    case 'plain':
      return VALUES.get(part.name) ?? '';
    default: {
      const value = VALUES.get(part.name);
      const missing = value === undefined || (part.colon && value === '');
      const other = part.word.map(meant).join('');
      if (part.kind === 'default') return missing ? other : (value ?? '');
      return missing ? '' : other;
    }
  }
}

test('expandWord() gives what the parts of a word mean', () => {
  fc.assert(
    fc.property(word, (parts) => {
      const raw = parts.map(written).join('');
      assert.equal(
        expandWord(raw, (key) => VALUES.get(key), options),
        parts.map(meant).join(''),
        raw,
      );
    }),
    { numRuns: 200 },
  );
});
