import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageListFilter, imagePruneFilter, parseTime } from './filters.ts';

process.env['TZ'] = 'Europe/Berlin';
const NOW = new Date('2026-11-21T12:00:00Z');
const pairs = (...texts: string[]) =>
  texts.map((text) => {
    const [key = '', ...value] = text.split('=');
    return { key, value: value.join('=') };
  });

for (const [text, iso] of [
  ['24h', '2026-11-20T12:00:00.000Z'],
  ['0s', '2026-11-21T12:00:00.000Z'],
  ['-1h', '2026-11-21T13:00:00.000Z'],
  ['1700000000', '2023-11-14T22:13:20.000Z'],
  ['1700000000.5', '2023-11-14T22:13:20.500Z'],
  ['2099-01-01', '2098-12-31T23:00:00.000Z'],
  ['2026-07-01T10', '2026-07-01T08:00:00.000Z'],
  ['2026-07-01T10:30', '2026-07-01T08:30:00.000Z'],
  ['2026-07-01T10:30:15.123456789Z', '2026-07-01T10:30:15.123Z'],
  ['2026-07-01T10:30:15+05:30', '2026-07-01T05:00:15.000Z'],
] as const) {
  test(`parseTime() reads ${text}`, () => assert.equal(parseTime(text, NOW).toISOString(), iso));
}

for (const text of [
  'banana',
  '',
  '2026-02-30',
  '2026-13-01',
  '2026-07-01T25',
  '1 h',
  '2026-07',
  '-99999999999999',
]) {
  test(`parseTime() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseTime(text, NOW), {
      message: `failed to parse value as time or duration: ${JSON.stringify(text)}`,
    });
  });
}

test('imageListFilter() keeps all values of a key', () => {
  assert.deepEqual(
    imageListFilter(
      pairs('label=a', 'label=b=c', 'reference=x:*', 'before=y', 'since=z', 'dangling=1'),
      NOW,
    ),
    {
      dangling: true,
      label: ['a', 'b=c'],
      reference: ['x:*'],
      before: ['y'],
      since: ['z'],
    },
  );
});

test('imageListFilter() takes the keys of Podman too', () => {
  assert.deepEqual(
    imageListFilter(
      pairs(
        'label!=a=b',
        'since=x',
        'after=y',
        'id=sha256:abc',
        'digest=def',
        'containers=0',
        'intermediate=true',
        'manifest=false',
      ),
      NOW,
    ),
    {
      labelNot: ['a=b'],
      since: ['x', 'y'],
      id: ['abc'],
      digest: ['def'],
      containers: false,
      intermediate: true,
      index: false,
    },
  );
  assert.throws(() => imageListFilter(pairs('containers=2'), NOW), {
    message: "invalid filter 'containers=[2]'",
  });
  assert.throws(() => imageListFilter(pairs('readonly=true'), NOW), {
    message: "invalid filter 'readonly'",
  });
});

test('imagePruneFilter() knows negated labels, and not the filters of listings', () => {
  assert.deepEqual(imagePruneFilter([{ key: 'label!', value: 'stage=c' }], NOW), {
    labelNot: ['stage=c'],
  });
  assert.throws(() => imagePruneFilter(pairs('reference=x'), NOW), {
    message: "invalid filter 'reference'",
  });
});

test('imageListFilter() refuses contradictions', () => {
  assert.throws(() => imageListFilter(pairs('dangling=true', 'dangling=false'), NOW), {
    message: "invalid filter 'dangling=[true false]'",
  });
  assert.throws(() => imageListFilter(pairs('until=1h', 'until=2h'), NOW), {
    message: 'more than one until filter specified',
  });
});
