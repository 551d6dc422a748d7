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
