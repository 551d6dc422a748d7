import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGlobalOptions, storeLocation } from './global-options.ts';

test('parseGlobalOptions() reads what stands before the command, and nothing behind it', () => {
  assert.deepEqual(parseGlobalOptions(['--root', '/x', '-D', 'run', '--root=/y', '-v']), {
    root: '/x',
    debug: true,
    version: false,
    help: false,
    rest: ['run', '--root=/y', '-v'],
  });
  assert.equal(parseGlobalOptions(['--root=/x', 'images']).root, '/x');
  assert.equal(parseGlobalOptions(['-v']).version, true);
  assert.deepEqual(parseGlobalOptions(['--help', 'x']).rest, []);
});

test('parseGlobalOptions() refuses what it does not know', () => {
  assert.throws(() => parseGlobalOptions(['--nope', 'run']), { message: 'unknown flag: --nope' });
  for (const words of [['--root', ''], ['--root=']]) {
    assert.throws(() => parseGlobalOptions([...words, 'rmi', 'x']), {
      message: '--root needs a directory',
    });
  }
  assert.throws(() => parseGlobalOptions(['--root']), {
    message: 'flag needs an argument: --root',
  });
});

for (const [name, asked, uid, env, wanted] of [
  [
    'keeps everything in the root that was asked for',
    '/x',
    0,
    { STAVE_ROOT: '/y' },
    { root: '/x' },
  ],
  ['takes the root from the environment', undefined, 1000, { STAVE_ROOT: '/y' }, { root: '/y' }],
  ['uses the system for root', undefined, 0, {}, { root: '/var/lib/stave', run: '/run/stave' }],
  [
    'uses the home of others',
    undefined,
    1000,
    { HOME: '/home/u', XDG_RUNTIME_DIR: '/run/user/1000' },
    { root: '/home/u/.local/share/stave', run: '/run/user/1000/stave' },
  ],
  ['follows XDG_DATA_HOME', undefined, 1000, { XDG_DATA_HOME: '/d' }, { root: '/d/stave' }],
] as const) {
  test(`storeLocation() ${name}`, () => assert.deepEqual(storeLocation(asked, uid, env), wanted));
}

test('storeLocation() says so when there is no place', () => {
  assert.throws(() => storeLocation(undefined, 1000, {}), { name: 'UsageError' });
});

for (const [word, message] of [
  ['-H', '-H, --host: there is no daemon to connect to'],
  ['--tlsverify', '--tlsverify: there is no daemon to connect to'],
  ['--config=/x', '--config: DOCKER_CONFIG names the folder of the configuration'],
  ['--nope=1', 'unknown flag: --nope'],
  ['-x', "unknown shorthand flag: 'x' in -x"],
] as const) {
  test(`parseGlobalOptions() says what is the matter with ${word}`, () => {
    assert.throws(() => parseGlobalOptions([word, 'ps']), { message });
  });
}
