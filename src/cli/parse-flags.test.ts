import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../base/errors.ts';
import { flag, refused } from './flags.ts';
import { parseFlags } from './parse-flags.ts';

const TABLE = {
  rm: flag.toggle('Remove'),
  tty: flag.toggle('Terminal', 't'),
  interactive: flag.toggle('Input', 'i'),
  detach: flag.toggle('Background', 'd'),
  human: flag.toggle('For people', 'H', true),
  memory: flag.bytes('Memory', 'm'),
  publish: flag.list('list', 'Port', 'p'),
  env: flag.list('list', 'Variable', 'e'),
  name: flag.text('string', 'Name'),
  filter: flag.filter('Filter', 'f'),
  stages: flag.stringSlice('strings', 'Stages'),
  last: flag.number('int', 'How many', 'n'),
  cpus: flag.number('decimal', 'CPUs'),
  wait: flag.duration('How long'),
  pull: flag.choice(['missing', 'never'], 'When'),
  ...refused('not here', ['push', 'output/o']),
};

const parse = (line: string, stopAtOperand = false) =>
  parseFlags(line.split(' ').filter(Boolean), TABLE, { stopAtOperand });

for (const [line, name, value] of [
  ['--rm', 'rm', true],
  ['--rm=false', 'rm', false],
  ['--rm=F', 'rm', false],
  ['-t=false', 'tty', false],
  ['-it=false', 'tty', false],
  ['--human=false', 'human', false],
  ['', 'human', true],
  ['-m=512m', 'memory', 512 * 1024 ** 2],
  ['-m 1.5g', 'memory', 1.5 * 1024 ** 3],
  ['-p80:80 -p 81:81', 'publish', ['80:80', '81:81']],
  ['-itp80:80', 'publish', ['80:80']],
  ['-e -x', 'env', ['-x']],
  ['-e a=1,b=2', 'env', ['a=1,b=2']],
  ['--env= --env=A', 'env', ['', 'A']],
  ['--name one --name two', 'name', 'two'],
  ['--name --rm', 'name', '--rm'],
  ['--stages a,b --stages c', 'stages', ['a', 'b', 'c']],
  ['-n 2', 'last', 2],
  ['-n-1', 'last', -1],
  ['--cpus .5', 'cpus', 0.5],
  ['--wait 1h2m3s', 'wait', 3_723_000],
  ['--pull never', 'pull', 'never'],
] as const) {
  test(`parseFlags() reads ${JSON.stringify(line)}`, () => {
    assert.deepEqual(parse(line).flags[name], value);
  });
}

test('parseFlags() reads bundles of short flags', () => {
  const { flags, typed } = parse('-itd');
  assert.deepEqual(
    [flags['interactive'], flags['tty'], flags['detach'], [...typed].sort()],
    [true, true, true, ['detach', 'interactive', 'tty']],
  );
});

test('parseFlags() lower-cases and trims keys of filters, and skips empty ones', () => {
  const { flags } = parseFlags(['-f', ' Label =a=b ', '-f', ''], TABLE);
  assert.deepEqual(flags['filter'], [{ key: 'label', value: 'a=b' }]);
});

test('parseFlags() takes flags behind operands', () => {
  const { flags, operands } = parse('app:v1 --name x - more');
  assert.deepEqual([flags['name'], operands], ['x', ['app:v1', '-', 'more']]);
});

test('parseFlags() leaves alone what follows the first operand when told so', () => {
  const { flags, operands } = parse('--rm img echo -d --rm -- x', true);
  assert.deepEqual([flags['detach'], operands], [false, ['img', 'echo', '-d', '--rm', '--', 'x']]);
});

test('parseFlags() ends flags at --', () => {
  assert.deepEqual(parse('--rm -- --name -x').operands, ['--name', '-x']);
});

test('parseFlags() stops at --help', () => {
  assert.equal(parse('--rm --help --nope').help, true);
  assert.equal(parse('-h').help, true);
});

test('parseFlags() does not take inherited names for flags', () => {
  assert.throws(() => parse('--constructor'), { message: 'unknown flag: --constructor' });
});

for (const [line, message, hint] of [
  ['--nope', 'unknown flag: --nope', undefined],
  ['--nam x', 'unknown flag: --nam', 'Did you mean --name?'],
  ['--outpu', 'unknown flag: --outpu', undefined],
  ['-z', "unknown shorthand flag: 'z' in -z", undefined],
  ['-iz', "unknown shorthand flag: 'z' in -z", undefined],
  ['--name', 'flag needs an argument: --name', undefined],
  ['-im', "flag needs an argument: 'm' in -m", undefined],
  ['---name', 'bad flag syntax: ---name', undefined],
  ['--=x', 'bad flag syntax: --=x', undefined],
  ['--rm=maybe', 'invalid argument "maybe" for "--rm" flag: parsing "maybe": invalid syntax'],
  ['-m x', `invalid argument "x" for "-m, --memory" flag: invalid size: 'x'`],
  ['-n x', 'invalid argument "x" for "-n, --last" flag: invalid syntax'],
  ['--wait 5', 'invalid argument "5" for "--wait" flag: invalid duration "5"'],
  ['--pull x', 'invalid argument "x" for "--pull" flag: must be one of missing, never'],
  [
    '-f foo',
    'invalid argument "foo" for "-f, --filter" flag: bad format of filter (expected name=value)',
    'Did you mean --filter foo=VALUE?',
  ],
  [
    '--filter dangling',
    'invalid argument "dangling" for "-f, --filter" flag: bad format of filter (expected name=value)',
    'Did you mean --filter dangling=true?',
  ],
  [
    '-filter a=b',
    'invalid argument "ilter" for "-f, --filter" flag: bad format of filter (expected name=value)',
    'Did you mean --filter?',
  ],
  [
    '-memory=x',
    `invalid argument "emory=x" for "-m, --memory" flag: invalid size: 'emory=x'`,
    'Did you mean --memory=x?',
  ],
  ['--push', '--push: not here', undefined],
  ['-ox', '-o, --output: not here', undefined],
  ['–name x', '"–name" starts with a dash that is not "-"', 'Did you mean --name?'],
  ['—t', '"—t" starts with a dash that is not "-"', 'Did you mean -t?'],
] as const) {
  test(`parseFlags() refuses ${JSON.stringify(line)}`, () => {
    assert.throws(
      () => parse(line),
      (error) => {
        assert.ok(error instanceof UsageError);
        assert.deepEqual([error.message, error.hint, error.exitCode], [message, hint, 125]);
        return true;
      },
    );
  });
}
