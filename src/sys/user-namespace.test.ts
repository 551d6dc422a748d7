import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readSubordinateIds } from './subordinate-ids.ts';
import { hasUser, parseIdMap } from './user-namespace.ts';

const etc = mkdtempSync(join(tmpdir(), 'stave-ids-'));
after(() => rmSync(etc, { recursive: true, force: true }));
writeFileSync(join(etc, 'passwd'), 'root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n');

function given(subuid: string, subgid = subuid): ReturnType<typeof readSubordinateIds> {
  writeFileSync(join(etc, 'subuid'), subuid);
  writeFileSync(join(etc, 'subgid'), subgid);
  return readSubordinateIds(1000, etc);
}

test('parseIdMap() reads what the kernel writes', () => {
  assert.deepEqual(
    parseIdMap('         0       1000          1\n         1     100000      65536\n'),
    [
      { inside: 0, outside: 1000, count: 1 },
      { inside: 1, outside: 100_000, count: 65_536 },
    ],
  );
  assert.deepEqual(parseIdMap(''), []);
});

test('hasUser() knows root, who is everywhere', () => {
  assert.equal(hasUser(0), true);
  assert.equal(hasUser(4_294_967_295), false);
});

test('readSubordinateIds() finds a user by name and by number', () => {
  const range = { first: 100_000, count: 65_536 };
  assert.deepEqual(given('bob:1:2\nalice:100000:65536\n'), { uids: [range], gids: [range] });
  assert.deepEqual(given('1000:100000:65536', 'alice:100000:65536'), {
    uids: [range],
    gids: [range],
  });
});

test('readSubordinateIds() finds nothing in files that give nothing, and without files', () => {
  assert.equal(given('bob:100000:65536'), undefined);
  assert.equal(given('alice:100000:65536', ''), undefined);
  assert.equal(given('alice:x:65536\nalice:100000:0\nalice\n'), undefined);
  assert.equal(readSubordinateIds(1000, join(etc, 'none')), undefined);
});
