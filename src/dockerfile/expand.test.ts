import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExpansionError } from './errors.ts';
import {
  expandHeredoc,
  expandWord,
  expandWords,
  type ExpandOptions,
  expansionBudget,
  shellWords,
} from './expand.ts';

const VALUES = new Map([
  ['v', 'value'],
  ['empty', ''],
  ['path', '/usr/local/bin'],
  ['file', 'a.tar.gz'],
  ['star', 'a*b'],
  ['12', 'twelve'],
  ['é', 'accent'],
  ['lines', 'ab\ncd'],
]);
const lookup = (name: string): string | undefined => VALUES.get(name);
const expand = (raw: string, options: Partial<ExpandOptions> = {}): string =>
  expandWord(raw, lookup, { escape: '\\', ...options });

const TABLE: readonly (readonly [string, string])[] = [
  // Quotes and escapes.
  ['plain text', 'plain text'],
  [`a'$v "x\\'b`, 'a$v "x\\b'],
  ['a"$v \'x\'"b', "avalue 'x'b"],
  ['"\\"\\$\\\\\\a"', '"$\\\\a'],
  ['\\$v\\a\\\\', '$va\\'],
  ['end\\', 'end'],
  ['"end\\', 'error'],
  ["'open", 'error'],
  ['"open', 'error'],
  // Names.
  ['$v.$v-', 'value.value-'],
  ['$vx', ''],
  ['$12x${12}', 'twelvextwelve'],
  ['$é', 'accent'],
  ['$', '$'],
  ['$.$ ', '$.$ '],
  ['a$$b$@$*$#$?$-$!c', 'abc'],
  ['$unset|${unset}', '|'],
  ['${v', 'error'],
  ['${', 'error'],
  ['${}', 'error'],
  ['${:-x}', 'error'],
  ['${{v}}', 'error'],
  ['${v^}', 'error'],
  ['${v:x}', 'error'],
  ['${v:#a}', 'error'],
  // Default, alternate, error.
  ['${v:-w}${v-w}', 'valuevalue'],
  ['${empty:-w}|${empty-w}', 'w|'],
  ['${unset:-w}${unset-w}', 'ww'],
  ['${v:+w}${v+w}', 'ww'],
  ['${empty:+w}|${empty+w}', '|w'],
  ['${unset:+w}|${unset+w}', '|'],
  ['${v:?w}${v?w}${empty?w}', 'valuevalue'],
  ['${unset:-${empty:-${v}}}', 'value'],
  ["${unset:-'}'}", '}'],
  ['${unset:-"a b"}', 'a b'],
  ['${unset:-a\\}b}', 'a}b'],
  ['"${unset:-"x"}"', 'x'],
  ['${unset:-', 'error'],
  // Removal.
  ['${path#*/}', 'usr/local/bin'],
  ['${path##*/}', 'bin'],
  ['${path%/*}', '/usr/local'],
  ['${path%%/*}', ''],
  ['${file%.*}|${file%%.*}|${file#*.}|${file##*.}', 'a.tar|a|tar.gz|gz'],
  ['${file#?}', '.tar.gz'],
  ['${file%??}', 'a.tar.'],
  ['${file#x}', 'a.tar.gz'],
  ['${star#a\\*}', 'b'],
  ['${file#[a]}', 'a.tar.gz'],
  ['${v#}${v%}', 'valuevalue'],
  ['${unset#x}', ''],
  ['${file##*.*.}', 'gz'],
  ['${lines#*c}', 'ab\ncd'],
  ['${lines%%*}', 'ab\n'],
  ['${v#a\\b}', 'error'],
  // Replacement.
  ['${path/\\//-}', '-usr/local/bin'],
  ['${path//\\//-}', '-usr-local-bin'],
  ['${path//[a]/-}', '/usr/local/bin'],
  ['${file/.*/!}', 'a!'],
  ['${file/a*r/!}', '!.gz'],
  ['${file//a/$v}', 'value.tvaluer.gz'],
  ['${file//?/x}', 'xxxxxxxx'],
  ['${file//*/x}', 'x'],
  ['${empty//*/x}', 'x'],
  ['${lines//*/x}', 'x\nx'],
  ['${v//""/x}', 'xvxaxlxuxex'],
  ['${v/z/x}', 'value'],
  ['${v/l/}', 'vaue'],
  ['${v/l}', 'error'],
  ['${v/l/', 'error'],
  ['${unset/a/b}', ''],
];

for (const [raw, expected] of TABLE) {
  test(`expandWord() of ${JSON.stringify(raw)}`, () => {
    if (expected === 'error') assert.throws(() => expand(raw), ExpansionError);
    else assert.equal(expand(raw), expected);
  });
}

test('expandWord() escapes with the backquote when the file says so', () => {
  assert.equal(expand('C:\\dir`$v\\`"', { escape: '`' }), 'C:\\dir$v\\"');
  assert.equal(expand('"`"\\"', { escape: '`' }), '"\\');
});

test('expandWord() says what failed, as Docker words it', () => {
  const message = (raw: string): string => {
    try {
      return expand(raw);
    } catch (error) {
      assert.ok(error instanceof ExpansionError);
      return error.message;
    }
  };
  assert.equal(
    message('${unset:?}'),
    'failed to process "${unset:?}": unset: is not allowed to be unset',
  );
  assert.equal(
    message('${empty:?}'),
    'failed to process "${empty:?}": empty: is not allowed to be empty',
  );
  assert.equal(message('${unset?say $v}'), 'failed to process "${unset?say $v}": unset: say value');
  assert.equal(message('${v'), 'failed to process "${v": syntax error: missing \'}\'');
  assert.equal(message('${}'), 'failed to process "${}": syntax error: bad substitution');
  assert.equal(
    message('${v^^}'),
    'failed to process "${v^^}": unsupported modifier (^) in substitution',
  );
  assert.equal(
    message('${v#\\a}'),
    'failed to process "${v#\\\\a}": invalid pattern (\\a) in substitution: invalid escape \'\\a\'',
  );
});

test('expandWord() tells which variables it met', () => {
  const used = new Set<string>();
  const unset = new Set<string>();
  expand('$v ${missing:-$other} ${path#$v}', { used, unset });
  assert.deepEqual([...used].toSorted(), ['path', 'v']);
  assert.deepEqual([...unset].toSorted(), ['missing', 'other']);
});

test('expandWords() splits what was not quoted', () => {
  const values = new Map([['ports', ' 80  443 ']]);
  const words = (raw: string): string[] =>
    expandWords(raw, (name) => values.get(name), { escape: '\\' });
  assert.deepEqual(words('$ports'), ['80', '443']);
  assert.deepEqual(words('1$ports"2 3"\\ 4'), ['1', '80', '443', '2 3 4']);
  assert.deepEqual(words('"$ports"'), [' 80  443 ']);
  assert.deepEqual(words('8${none:-0}80'), ['8080']);
  assert.deepEqual(words('$none'), []);
});

test('expandHeredoc() keeps quotes and takes the backslash off every character', () => {
  assert.equal(
    expandHeredoc(`"$v" '$v' \\$v a\\nb \\\\ \`x\`\n`, lookup),
    `"value" 'value' $v anb \\ \`x\`\n`,
  );
});

test('shellWords() leaves variables alone', () => {
  const all = { quotes: true, escapes: true };
  assert.deepEqual(shellWords('a "b c" $d ${e:-f} \\g <<  h', all), [
    'a',
    '"b c"',
    '$d',
    '${e:-f}',
    '\\g',
    '<<  h',
  ]);
  assert.deepEqual(shellWords(`'a b'"c"\\d`, { quotes: false, escapes: false }), ['a bcd']);
  assert.equal(shellWords("it's", all), undefined);
});

test('expandWord() stops at a mebibyte for one value', () => {
  let value = 'x';
  assert.throws(() => {
    for (let round = 0; round < 40; round += 1) {
      const before = value;
      value = expandWord('$a$a', () => before, { escape: '\\' });
    }
  }, /longer than 1048576 characters/);
  assert.ok(value.length <= 1024 * 1024);
});

test('expandWord() stops when the build has spent its budget', () => {
  const budget = expansionBudget();
  const large = 'x'.repeat(1024 * 1024);
  assert.throws(() => {
    for (let round = 0; round < 20; round += 1) {
      expandWord('$a', () => large, { escape: '\\', budget });
    }
  }, /more than 16777216 characters/);
});

test('expandWord() refuses defaults that nest without end', () => {
  const depth = 10_000;
  const raw = `${'${a:-'.repeat(depth)}x${'}'.repeat(depth)}`;
  assert.throws(() => expandWord(raw, () => undefined, { escape: '\\' }), /nested more than/);
  assert.throws(() => expandWord('${a:-'.repeat(depth), () => undefined, { escape: '\\' }));
});

test('expandWord() gives up on patterns that cost too much', () => {
  const value = `${'a'.repeat(500_000)}b`;
  const runs = 'a'.repeat(10_000);
  const options: ExpandOptions = { escape: '\\' };
  assert.throws(() => expandWord(`\${v##*${runs}c}`, () => value, options), /too long to match/);
  const stars = '*a'.repeat(2_000);
  assert.equal(
    expandWord(`\${v##${stars}b}`, () => value, options),
    '',
  );
  assert.equal(
    expandWord(`\${v##${stars}*c}`, () => value, options),
    value,
  );
});

test('expandWord() gives up on many replacements in a large value', () => {
  const value = 'a'.repeat(1024 * 1024);
  const raw = '${v//b/}'.repeat(5_000);
  assert.throws(() => expandWord(raw, () => value, { escape: '\\' }), ExpansionError);
});
