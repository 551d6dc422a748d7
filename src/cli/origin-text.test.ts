import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathLine, typedPath } from './origin-text.ts';

for (const [path, shown] of [
  ['/a/ümlaut b', '/a/ümlaut b'],
  ['/a/\x1b[31mred\n', '/a/\\x1b[31mred\\x0a'],
  ['/a/\udcff', '/a/\\xff'],
  ['/a/\\b', '/a/\\b'],
  ['/a/\\xff', '/a/\\x5cxff'],
] as const) {
  test(`pathLine() and typedPath() are each other's inverse for ${shown}`, () => {
    assert.equal(pathLine(path), shown);
    assert.equal(typedPath(shown), path);
  });
}
