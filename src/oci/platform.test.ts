import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  choosePlatform,
  formatPlatform,
  hostPlatform,
  matchesPlatform,
  parsePlatform,
} from './platform.ts';

const HOST = { os: 'linux', architecture: 'amd64' };

for (const [typed, shown] of [
  ['linux/amd64', 'linux/amd64'],
  ['linux/arm64/v8', 'linux/arm64'],
  ['linux/arm/v7', 'linux/arm/v7'],
  ['linux/arm', 'linux/arm/v7'],
  ['linux/arm/6', 'linux/arm/v6'],
  ['LINUX/AMD64', 'linux/amd64'],
  ['linux/amd64/v1', 'linux/amd64'],
  ['linux/amd64/v3', 'linux/amd64/v3'],
  ['amd64', 'linux/amd64'],
  ['x86_64', 'linux/amd64'],
  ['aarch64', 'linux/arm64'],
  ['armhf', 'linux/arm/v7'],
  ['armel', 'linux/arm/v6'],
  ['linux', 'linux/amd64'],
  ['windows/amd64', 'windows/amd64'],
  ['macos', 'darwin/amd64'],
] as const) {
  test(`parsePlatform() reads ${typed} as ${shown}`, () => {
    assert.equal(formatPlatform(parsePlatform(typed, HOST)), shown);
  });
}

for (const text of ['', 'nonsense', 'linux/amd64/v1/x', 'linux/', 'a b', '../x']) {
  test(`parsePlatform() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parsePlatform(text, HOST), { name: 'InvalidInputError' });
  });
}

test('hostPlatform() translates the words of Node', () => {
  assert.equal(formatPlatform(hostPlatform('x64')), 'linux/amd64');
  assert.equal(formatPlatform(hostPlatform('arm64')), 'linux/arm64');
  assert.equal(formatPlatform(hostPlatform('arm')), 'linux/arm/v7');
});

for (const [wanted, made, yes] of [
  ['linux/amd64', 'linux/amd64', true],
  ['linux/amd64', 'linux/arm64', false],
  ['linux/amd64', 'windows/amd64', false],
  ['linux/arm64', 'linux/arm64/v8', true],
  ['linux/arm/v7', 'linux/arm/v6', true],
  ['linux/arm/v6', 'linux/arm/v7', false],
  ['linux/amd64/v3', 'linux/amd64', true],
  ['linux/amd64', 'linux/amd64/v3', false],
] as const) {
  test(`matchesPlatform() says ${String(yes)} for ${made} on ${wanted}`, () => {
    assert.equal(matchesPlatform(parsePlatform(wanted, HOST), parsePlatform(made, HOST)), yes);
  });
}

test('choosePlatform() takes the nearest that runs there, else the first', () => {
  const choose = (made: readonly string[], wanted: string): string | undefined =>
    made[
      choosePlatform(
        made.map((one) => parsePlatform(one, HOST)),
        parsePlatform(wanted, HOST),
      )
    ];
  assert.equal(choose(['linux/amd64/v2', 'linux/amd64'], 'linux/amd64'), 'linux/amd64');
  const levels = ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v3', 'linux/amd64/v4'];
  assert.equal(choose(levels, 'linux/amd64/v3'), 'linux/amd64/v3');
  assert.equal(choose(levels.toReversed(), 'linux/amd64/v2'), 'linux/amd64/v2');
  assert.equal(choose(['linux/arm/v5', 'linux/arm/v6'], 'linux/arm/v7'), 'linux/arm/v6');
  assert.equal(choose(['linux/s390x', 'linux/arm64'], 'linux/amd64'), 'linux/s390x');
  assert.equal(choose([], 'linux/amd64'), undefined);
});
