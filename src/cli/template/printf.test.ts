import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sprintf } from './printf.ts';
import { fromJson, type Value } from './values.ts';

const float = (value: number): Value => ({ kind: 'float', value });

for (const [format, args, text] of [
  ['%d|%5d|%-5d|%05d|%+d|% d|%.3d', [1, 2, 3, 4, 5, 6, 7], '1|    2|3    |00004|+5| 6|007'],
  [
    '%x %X %#x %o %#o %b %c %q %U',
    [255, 255, 255, 8, 8, 5, 65, 65, 65],
    "ff FF 0xff 10 010 101 A 'A' U+0041",
  ],
  [
    '%s|%5s|%-5s|%.2s|%q|%x|%X|% x',
    ['a', 'b', 'c', 'def', 'g"', 'hi', 'hi', 'hi'],
    'a|    b|c    |de|"g\\""|6869|6869|68 69',
  ],
  [
    '%f|%.2f|%8.3f|%08.3f|%e|%g|%v',
    [1.5, 1.5, 1.5, -1.5, 1.5, 1e21, 0.1].map(float),
    '1.500000|1.50|   1.500|-001.500|1.500000e+00|1e+21|0.1',
  ],
  ['%.3g|%g|%G', [float(1234.5), float(1e-5), float(1e-5)], '1.23e+03|1e-05|1E-05'],
  ['%t|%v|%%', [true, false], 'true|false|%'],
  ['%v|%s|%d|%q', [['a', 'b'], ['a'], [1, 2], ['x']], '[a b]|[a]|[1 2]|["x"]'],
  ['%v|%+v', [fromJson({ b: 1, a: 'x' }), null], 'map[a:x b:1]|<nil>'],
  ['%#v %#v', ['a"', ['x']], '"a\\"" []string{"x"}'],
  ['%T %T %T %T', ['a', 1, float(1), true], 'string int float64 bool'],
  ['%*d|%-*d|%.*f', [5, 1, 4, 2, 1, float(2)], '    1|2   |2.0'],
  ['%d', ['x'], '%!d(string=x)'],
  ['%s', [5], '%!s(int=5)'],
  ['%z', [5], '%!z(int=5)'],
  ['%d', [], '%!d(MISSING)'],
  ['%d', [1, 2], '1%!(EXTRA int=2)'],
  ['100%', [], '100%!(NOVERB)'],
] as const) {
  test(`sprintf() formats ${JSON.stringify(format)}`, () =>
    assert.equal(sprintf(format, args), text));
}

test('sprintf() does not build endless padding', () => {
  assert.equal(sprintf('%999999999d', [1]).length, 10_000);
  assert.equal(sprintf('%*d', [-999_999_999, 1]).length, 10_000);
});
