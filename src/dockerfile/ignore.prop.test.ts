import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ignorePatterns } from './ignore.ts';

const name = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 2 });
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const part = fc.oneof(name, fc.constantFrom('*', '**', 'a*', '?', '[ab]', '*b'));
const pattern = fc
  .tuple(fc.boolean(), fc.array(part, { minLength: 1, maxLength: 4 }))
  .map(([exception, parts]) => (exception ? '!' : '') + parts.join('/'));

/** A pattern as a regular expression of the language. */
function expression(text: string): RegExp {
  const parts = new Map([
    ['**/', '(?:.+\\/)?'],
    ['*', '[^/]*'],
    ['?', '[^/]'],
  ]);
  const source = text.replaceAll(/\*\*\/|\*|\?/g, (part) => parts.get(part) ?? part);
  return new RegExp(`^${source}$`);
}

test('one pattern leaves out what matches it, and what lies below', () => {
  fc.assert(
    fc.property(pattern, path, (text, asked) => {
      fc.pre(!text.startsWith('!') && !text.endsWith('**'));
      const parts = asked.split('/');
      const expected = parts.some((_part, index) =>
        expression(text).test(parts.slice(0, index + 1).join('/')),
      );
      assert.equal(ignorePatterns([text]).ignored(asked) !== undefined, expected);
    }),
    { numRuns: 200 },
  );
});

test('a directory that may hold nothing holds nothing', () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 5 }), path, path, (rules, directory, below) => {
      const matcher = ignorePatterns(rules);
      if (matcher.mayContainIncluded(directory)) return;
      assert.notEqual(matcher.ignored(`${directory}/${below}`), undefined);
    }),
    { numRuns: 200 },
  );
});

test('the answer does not depend on what was asked before', () => {
  fc.assert(
    fc.property(
      fc.array(pattern, { maxLength: 5 }),
      fc.array(path, { maxLength: 10 }),
      path,
      (rules, before, asked) => {
        const used = ignorePatterns(rules);
        for (const other of before) used.ignored(other);
        assert.deepEqual(used.ignored(asked)?.line, ignorePatterns(rules).ignored(asked)?.line);
      },
    ),
    { numRuns: 200 },
  );
});
