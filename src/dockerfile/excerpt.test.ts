import assert from 'node:assert/strict';
import { test } from 'node:test';
import { excerpt } from './excerpt.ts';

const lines = (from: number, to: number) => ({
  start: { line: from, column: 1 },
  end: { line: to, column: 2 },
});
const TEN = Array.from({ length: 10 }, (_, index) => `line ${index + 1}`).join('\n');

test('excerpt() shows two lines on both sides of one', () => {
  assert.equal(
    excerpt(TEN, lines(5, 5), 'Dockerfile'),
    [
      'Dockerfile:5',
      '--------------------',
      '   3 |     line 3',
      '   4 |     line 4',
      '   5 | >>> line 5',
      '   6 |     line 6',
      '   7 |     line 7',
      '--------------------',
      '',
    ].join('\n'),
  );
});

test('excerpt() shows one line on both sides of several', () => {
  const numbers = excerpt(TEN, lines(4, 6), 'x').match(/\d+ \| (?:>>>)?/g);
  assert.deepEqual(numbers, ['3 | ', '4 | >>>', '5 | >>>', '6 | >>>', '7 | ']);
});

test('excerpt() underlines a part of a line, and says nothing more of a whole one', () => {
  const text = 'FROM a\n\tCOPY --form=é /x /y\n';
  const at = (from: number, to: number) => ({
    start: { line: 2, column: from },
    end: { line: 2, column: to },
  });
  const underlined = (from: number, to: number): string | undefined =>
    excerpt(text, lines(2, 2), 'x', at(from, to)).split('\n')[4];
  assert.equal(underlined(7, 15), '     |     \t     ^^^^^^^^');
  assert.equal(underlined(2, 21), '   3 |     ');
  assert.equal(excerpt(text, lines(2, 2), 'x').includes('^'), false);
});

test('excerpt() cuts long lines', () => {
  const text = `RUN ${'x'.repeat(50_000)}`;
  assert.ok(excerpt(text, lines(1, 1), 'x').length < 2000);
});

test('excerpt() makes up for a side without lines', () => {
  assert.equal(
    excerpt('FROM base:1\r\nFOO bar\r\n', lines(2, 2), 'Dockerfile'),
    'Dockerfile:2\n--------------------\n   1 |     FROM base:1\n   2 | >>> FOO bar\n   3 |     \n--------------------\n',
  );
  assert.equal(
    excerpt('RUN echo hi\n', lines(1, 1), 'nofrom'),
    'nofrom:1\n--------------------\n   1 | >>> RUN echo hi\n   2 |     \n--------------------\n',
  );
});
