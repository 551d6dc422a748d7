import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { exec, House, skip, treeOf } from './house.ts';

const VALUE = 'open-sesame-4711';
const BUILD = ['build', '--network', 'none', '--progress', 'plain', '--no-cache'];

/** Files below a directory that have a text in them. */
function traces(directory: string): string {
  return exec(['/bin/grep', '-rl', VALUE, directory]).stdout;
}

/** Waits until a step says that it runs, by a file in a cache mount. */
async function running(house: House): Promise<void> {
  const caches = join(house.root, 'cache-mounts');
  for (let tries = 0; tries < 400; tries++) {
    if (exec(['/usr/bin/find', caches, '-name', 'running']).stdout !== '') return;
    await sleep(25);
  }
  throw new Error('the step did not start');
}

test('--secret takes files, pipes and variables, and none of them is found again', { skip }, () => {
  using house = new House();
  house.base();
  const context = house.context({
    Dockerfile: `FROM base
RUN --mount=type=secret,id=file --mount=type=secret,id=env,env=FROM_ENV --mount=type=secret,id=NAME,env=BY_NAME \
 --mount=type=secret,id=pipe cd /run/secrets && cat file pipe | wc -c && test "$FROM_ENV" = ${VALUE.slice(0, -1)}\${BY_NAME}1`,
  });
  const file = join(house.directory, 'secret');
  writeFileSync(file, VALUE);
  const flags = ['id=file,src=secret', 'id=env,env=VAR', 'id=NAME', 'id=pipe,src=/dev/fd/3'];
  const command = house.command([
    ...BUILD,
    ...flags.flatMap((one) => ['--secret', one]),
    '-t',
    'made',
    context,
  ]);
  const piped = ['/bin/bash', '-c', 'exec "$0" "$@" 3< <(cat secret)', ...command];
  const env = { ...process.env, VAR: `${VALUE.slice(0, -1)}71`, NAME: '7' };
  const { code, stderr } = exec(piped, { cwd: house.directory, env });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /\d 32\n/);
  assert.equal(traces(house.root), '');
  const saved = join(house.directory, 'saved.tar');
  house.must(['save', '-o', saved, 'made']);
  assert.equal(exec(['/bin/grep', '-c', VALUE, saved]).stdout, '0\n');
});

test('--secret and --ssh say what is wrong with them', { skip }, () => {
  using house = new House();
  const context = house.context({ Dockerfile: 'FROM scratch\n' });
  for (const [flags, message] of [
    [['--secret', 'src=x'], /--secret: an id is missing/],
    [['--secret', 'id=x,src=nowhere'], /open nowhere: no such file or directory/],
    [['--secret', 'x'], /invalid field 'x' must be a key=value pair/],
    [['--secret', 'id=x,what=y'], /unexpected key 'what'/],
    [['--secret', 'id=x,type=y'], /unsupported secret type "y"/],
    [['--ssh', 'default'], /make sure SSH_AUTH_SOCK is set/],
    [['--ssh', 'x=nowhere'], /nowhere: no such file or directory/],
    [['--allow', 'more'], /unknown entitlement "more"/],
    [['--ulimit', 'nope=1'], /invalid ulimit type: nope/],
    [['-m', '1m'], /Minimum memory limit allowed is 6MB/],
    [['--memory-swap', '9m'], /always set the Memory limit/],
    [['--cpuset-cpus', 'x'], /Invalid value x for cpuset-cpus/],
    [['--security-opt', 'label=x'], /"label=x" is not available/],
    [['--isolation', 'hyperv'], /Windows/],
  ] as const) {
    const env = { ...process.env, SSH_AUTH_SOCK: '' };
    const { code, stderr } = house.stave(['build', ...flags, context], { env });
    assert.notEqual(code, 0, flags.join(' '));
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /^ +at /m);
  }
});

test(
  'a build killed in a locked cache mount frees it, and leaves no secret',
  { skip },
  async () => {
    using house = new House();
    house.base();
    const secret = join(house.directory, 'secret');
    writeFileSync(secret, VALUE);
    const text = (rest: string): string =>
      `FROM base\nRUN --mount=type=cache,target=/c,sharing=locked --mount=type=secret,id=s,env=S --mount=type=secret,id=s ${rest}\n`;
    const slow = house.context({ Dockerfile: text('touch /c/running && sleep 60') });
    const quick = house.context({ Dockerfile: text('rm /c/running && test -n "$S"') });
    const child = house.start([...BUILD, '--secret', `id=s,src=${secret}`, slow]);
    const ended = once(child, 'exit');
    await running(house);
    for (const pid of treeOf(child.pid ?? 0)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    await ended;
    assert.equal(traces(house.root), '');
    house.must([...BUILD, '--secret', `id=s,src=${secret}`, quick]);
    house.must(['image', 'prune', '-f']);
    assert.equal(house.stave(['fsck']).code, 0);
    assert.deepEqual(house.holders(), []);
    assert.ok(existsSync(join(house.root, 'cache-mounts')));
  },
);

test('two builds at once wait for each other in a locked cache mount', { skip }, async () => {
  using house = new House();
  house.base();
  const context = house.context({
    Dockerfile: `FROM base\nRUN --mount=type=cache,target=/c,sharing=locked test ! -e /c/in && touch /c/in && sleep 0.5 && rm /c/in`,
  });
  const children = [1, 2, 3].map(() => house.start([...BUILD, context]));
  const codes = await Promise.all(children.map((child) => once(child, 'exit')));
  assert.deepEqual(
    codes.map(([code]) => Number(code)),
    [0, 0, 0],
  );
});
