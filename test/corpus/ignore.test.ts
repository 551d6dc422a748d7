import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIgnore } from '../../src/dockerfile/ignore.ts';
import { readEntries } from './entries.ts';

const ENTRIES = readEntries(new URL('ignore/', import.meta.url));

for (const { name, text, parts } of ENTRIES) {
  test(name, () => {
    const error = parts.get('error');
    if (error !== undefined) {
      assert.throws(() => parseIgnore(text), { message: error });
      return;
    }
    const matcher = parseIgnore(text);
    const paths = (part: string): string[] => (parts.get(part) ?? '').split('\n').filter(Boolean);
    for (const path of paths('out')) assert.ok(matcher.ignored(path), `${path} is in`);
    for (const path of paths('in'))
      assert.equal(matcher.ignored(path), undefined, `${path} is out`);
  });
}
