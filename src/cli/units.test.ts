import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goDuration } from './durations.ts';
import { ellipsis, humanDuration, humanSize, parseBytes, shortId } from './units.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

for (const [bytes, digits, text] of [
  [0, 3, '0B'],
  [999, 3, '999B'],
  [1000, 3, '1kB'],
  [3216, 3, '3.22kB'],
  [1_982_256, 3, '1.98MB'],
  [1_982_256, 4, '1.982MB'],
  [999_999, 3, '1MB'],
  [117_000_000, 3, '117MB'],
  [4_096_000_000_000, 3, '4.1TB'],
] as const) {
  test(`humanSize() shows ${bytes} with ${digits} digits as ${text}`, () => {
    assert.equal(humanSize(bytes, digits), text);
  });
}

for (const [milliseconds, text] of [
  [-5, 'Less than a second'],
  [999, 'Less than a second'],
  [1000, '1 second'],
  [59_999, '59 seconds'],
  [MINUTE, 'About a minute'],
  [2 * MINUTE, '2 minutes'],
  [59.9 * MINUTE, '59 minutes'],
  [HOUR, 'About an hour'],
  [1.6 * HOUR, '2 hours'],
  [47 * HOUR, '47 hours'],
  [2 * DAY, '2 days'],
  [13 * DAY, '13 days'],
  [14 * DAY, '2 weeks'],
  [59 * DAY, '8 weeks'],
  [60 * DAY, '2 months'],
  [729 * DAY, '24 months'],
  [731 * DAY, '2 years'],
] as const) {
  test(`humanDuration() says ${text} of ${milliseconds} ms`, () => {
    assert.equal(humanDuration(milliseconds), text);
  });
}

for (const [text, bytes] of [
  ['0', 0],
  ['1024', 1024],
  ['64m', 64 * 1024 ** 2],
  ['64M', 64 * 1024 ** 2],
  ['1gb', 1024 ** 3],
  ['2GiB', 2 * 1024 ** 3],
  ['10b', 10],
  ['1.5k', 1536],
] as const) {
  test(`parseBytes() reads ${text}`, () => assert.equal(parseBytes(text), bytes));
}

for (const text of ['', 'm', '-1', '1x', '1mm', 'Infinity']) {
  test(`parseBytes() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseBytes(text), RangeError);
  });
}

for (const [text, milliseconds] of [
  ['0', 0],
  ['300ms', 300],
  ['1h2m3s', 3_723_000],
  ['1.5h', 5_400_000],
  ['-10s', -10_000],
  ['5', undefined],
  ['1d', undefined],
  ['', undefined],
] as const) {
  test(`goDuration() reads ${JSON.stringify(text)} as ${milliseconds} ms`, () => {
    assert.equal(goDuration(text), milliseconds);
  });
}

test('shortId() cuts the algorithm and all but 12 digits', () => {
  assert.equal(shortId('sha256:b282bbaed11e2facc1c7'), 'b282bbaed11e');
});

test('ellipsis() counts letters, not code units', () => {
  assert.equal(ellipsis('a😀b', 3), 'a😀b');
  assert.equal(ellipsis('a😀bc', 3), 'a😀…');
});
