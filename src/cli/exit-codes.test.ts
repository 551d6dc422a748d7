import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeEngine } from './testing/fake-engine.ts';
import { runCli } from './testing/run-cli.ts';

for (const [line, code, stdout, stderr] of [
  ['images -q base:1', 0, /^[0-9a-f]{12}\n$/, /^$/],
  ['images nosuch', 0, /^REPOSITORY .*\n$/, /^$/],
  ['image inspect nosuch:1', 1, /^\[\]\n$/, /^Error: No such image: nosuch:1\n/],
  [
    'image inspect app:v1 nosuch:1 -f {{.Id}}',
    1,
    /^sha256:.*\n$/,
    /^Error: No such image: nosuch:1\n/,
  ],
  ['inspect nosuch', 1, /^\[\]\n$/, /^Error: No such object: nosuch\n/],
  ['image ls --filter foo', 125, /^$/, /^Error: invalid argument "foo" for "-f, --filter" flag/],
  ['image ls --filter foo=bar', 1, /^$/, /^Error: invalid filter 'foo'/],
  ['image inspect -f {{ app:v1', 64, /^$/, /^Error: template parsing error: /],
  ['image inspect -f {{nofunc}} app:v1', 64, /^$/, /^Error: template parsing error: /],
  ['image inspect -f {{.Nope}} app:v1', 1, /^\n$/, /^Error: template parsing error: /],
  ['image ls --format {{.Nope}}', 1, /^$/, /^Error: template parsing error: /],
  ['image ls a b', 1, /^$/, /^Error: 'stave image ls' requires at most 1 argument\n/],
  ['nosuchcmd', 1, /^$/, /^Error: unknown command: stave nosuchcmd\n/],
  ['image', 0, /^Manage images\n/, /^$/],
  ['image prune', 0, /\[y\/N\] $/, /^$/],
] as const) {
  test(`stave ${line} ends with ${code}`, async () => {
    const said = await runCli(line.split(' '), { engine: fakeEngine().engine, stdin: '' });
    assert.equal(said.code, code, said.stderr);
    assert.match(said.stdout, stdout);
    assert.match(said.stderr, stderr);
  });
}
