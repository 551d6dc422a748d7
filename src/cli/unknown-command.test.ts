import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from './testing/run-cli.ts';

for (const [line, message, hint] of [
  ['imges', 'unknown command: stave imges', "Did you mean 'stave images'?"],
  ['image prun', 'unknown command: stave image prun', "Did you mean 'stave image prune'?"],
  ['image version', 'unknown command: stave image version', "Did you mean 'stave version'?"],
  ['docker build .', 'unknown command: stave docker', "Leave 'docker' out: stave build ."],
  ['sudo docker images', 'unknown command: stave sudo', "Leave 'sudo' out: stave images"],
  ['plugin ls', 'unknown command: stave plugin', 'plugin is not available in this version.'],
  [
    'container plugin ls',
    'unknown command: stave container plugin',
    'plugin is not available in this version.',
  ],
  ['container events', 'unknown command: stave container events', "Did you mean 'stave events'?"],
  [
    'swarm init',
    'unknown command: stave swarm',
    'There are no clusters: stave is for one machine.',
  ],
  [
    'image mount app',
    'unknown command: stave image mount',
    "Images are not mounted: 'echo FROM IMAGE | stave build -o DIR -' writes their files into a directory.",
  ],
  ['df --why', 'unknown command: stave df', "Did you mean 'stave system df'?"],
  ['xyzzy', 'unknown command: stave xyzzy', undefined],
  ['constructor', 'unknown command: stave constructor', undefined],
] as const) {
  test(`stave ${line} says what was meant`, async () => {
    const { stderr, stdout, code } = await runCli(line.split(' '));
    const group = line.split(' ').length > 1 && /^(?:image|container) /.test(line);
    const place = group ? `stave ${line.split(' ')[0]}` : 'stave';
    assert.equal(
      stderr,
      `Error: ${message}\n${hint === undefined ? '' : `Hint: ${hint}\n`}\nRun '${place} --help' for more information\n`,
    );
    assert.deepEqual([stdout, code], ['', 1]);
  });
}

for (const [line, hint] of [
  ['load app.tar', "Did you mean 'stave load -i app.tar'?"],
  ['pull nginx 1.14', "Did you mean 'stave pull nginx:1.14'?"],
  ['image push nginx 1.14', "Did you mean 'stave image push nginx:1.14'?"],
  ['build -t app', "Did you mean 'stave build [OPTIONS] .'?"],
] as const) {
  test(`stave ${line} says what was meant`, async () => {
    const { stderr, code } = await runCli(line.split(' '));
    assert.match(stderr, /^Error: 'stave [a-z ]+' (?:requires 1 argument|accepts no arguments)\n/);
    assert.equal(stderr.split('\n')[1], `Hint: ${hint}`);
    assert.equal(code, 1);
  });
}
