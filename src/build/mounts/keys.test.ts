import assert from 'node:assert/strict';
import { chmodSync, chownSync, utimesSync } from 'node:fs';
import { test } from 'node:test';
import { cannotRun as skip } from '../../../test/support/busybox-root.ts';
import { runBench, type RunBench } from '../../../test/support/run-bench.ts';

const MOUNT = 'FROM base\nRUN --mount=source=dir,target=/m true\n';

async function house(t: Parameters<typeof runBench>[0]): Promise<RunBench> {
  const bench = await runBench(t);
  bench.write('dir/f', '1');
  bench.write('dir/sub/g', '1');
  bench.write('other', '1');
  return bench;
}

for (const [what, dockerfile, edit, reason] of [
  ['content of a file', MOUNT, (b: RunBench) => b.write('dir/sub/g', '2'), /dir\/sub\/g/],
  ['a mode', MOUNT, (b: RunBench) => chmodSync(b.path('dir/f'), 0o600), /dir\/f/],
  ['a new file', MOUNT, (b: RunBench) => b.write('dir/new', ''), /dir\/new/],
  ['the mode of the directory', MOUNT, (b: RunBench) => chmodSync(b.path('dir'), 0o700), /\/dir/],
  [
    'a mounted file',
    'FROM base\nRUN --mount=source=other,target=/m true\n',
    (b: RunBench) => b.write('other', '2'),
    /other/,
  ],
] as const) {
  test(`a RUN runs again for ${what}, and says so`, { skip }, async (t) => {
    const bench = await house(t);
    await bench.build(dockerfile);
    assert.equal((await bench.build(dockerfile)).cached, 1);
    edit(bench);
    const { cached, reasons } = await bench.build(dockerfile);
    assert.equal(cached, 0);
    assert.match(reasons.join('\n'), reason);
  });
}

test(
  'a RUN does not run again for times, owners and files beside its mount',
  { skip },
  async (t) => {
    const bench = await house(t);
    await bench.build(MOUNT);
    utimesSync(bench.path('dir/f'), 1000, 1000);
    chownSync(bench.path('dir/f'), 1000, 1000);
    bench.write('other', '2');
    assert.equal((await bench.build(MOUNT)).cached, 1);
  },
);

test('a RUN does not run again for a stage that came to the same files', { skip }, async (t) => {
  const { build } = await house(t);
  const text = (made: string): string =>
    `FROM base AS one\nRUN mkdir /o; echo 1 > /o/f; ${made}\nFROM base\nRUN --mount=from=one,source=/o,target=/m cat /m/f`;
  await build(text('echo a > /unread'));
  const same = await build(text('echo b > /unread'));
  assert.deepEqual([same.cached, same.log], [1, '']);
  const other = await build(text('echo c > /unread; echo 2 > /o/f'));
  assert.deepEqual([other.cached, other.log], [0, '2\n']);
});

/** Flags of a RUN, others that make another step, and others that do not. */
const FLAGS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    '--mount=source=dir,target=/m',
    [
      '--mount=source=dir,target=/n',
      '--mount=source=dir,target=/m,rw',
      '--mount=source=dir/sub,target=/m',
    ],
    ['--mount=type=bind,src=./dir/,dst=/m/,ro', '--mount=source=dir,target=/m,from=ctx'],
  ],
  [
    '--mount=type=cache,target=/c',
    [
      '--mount=type=cache,target=/d',
      '--mount=type=cache,target=/c,ro',
      '--mount=type=tmpfs,target=/c',
    ],
    ['--mount=type=cache,target=/c,id=other', '--mount=type=cache,target=/c,sharing=locked'],
  ],
  [
    '--mount=type=secret,id=s',
    [
      '--mount=type=secret,id=s,target=/s',
      '--mount=type=secret,id=s,env=S',
      '--mount=type=secret,id=s,mode=0444',
    ],
    ['--mount=type=secret,id=s,required=false', '--mount=type=secret,id=s,target=/run/secrets/s'],
  ],
  [
    '--mount=type=tmpfs,target=/t',
    ['--mount=type=tmpfs,target=/u'],
    ['--mount=type=tmpfs,target=/t,size=1m'],
  ],
  [
    '--network=none',
    ['--network=host', '--security=insecure'],
    ['--network=none --security=sandbox'],
  ],
];

for (const [flags, others, same] of FLAGS) {
  test(`RUN ${flags} is the same step only where it says the same`, { skip }, async (t) => {
    const { build, path } = await house(t);
    const request = {
      allow: ['network.host', 'security.insecure'],
      contexts: { ctx: path('.') },
      secrets: { s: Buffer.from('x') },
    };
    const text = (written: string): string => `FROM base\nRUN ${written} true`;
    await build(text(flags), request);
    for (const one of others) assert.equal((await build(text(one), request)).cached, 0, one);
    for (const one of same) assert.equal((await build(text(one), request)).cached, 1, one);
  });
}

test('limits, secrets and proxies make no other step', { skip }, async (t) => {
  const { build } = await house(t);
  const text = 'FROM base\nRUN --mount=type=secret,id=s true';
  await build(text);
  const { cached } = await build(text, {
    secrets: { s: Buffer.from('x') },
    args: { http_proxy: 'http://proxy', ALL_PROXY: 'x', BUILDKIT_CACHE_MOUNT_NS: 'n' },
    ulimits: [{ type: 'nofile', soft: 100, hard: 100 }],
    memory: 64 * 1024 * 1024,
    shmSize: 1024 * 1024,
    cgroupParent: 'x',
  });
  assert.equal(cached, 1);
});
