import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cannotRun as skip } from '../../../test/support/busybox-root.ts';
import { runBench } from '../../../test/support/run-bench.ts';
import { listCacheMounts } from '../cache-mounts.ts';

test('a cache mount outlives the build and stays out of the layer', { skip }, async (t) => {
  const { build, store } = await runBench(t);
  const dockerfile =
    'FROM base\nARG N\nRUN --mount=type=cache,target=/c echo $N >> /c/log; cat /c/log';
  assert.equal((await build(dockerfile, { args: { N: '1' } })).log, '1\n');
  const second = await build(dockerfile, { args: { N: '2' } });
  assert.equal(second.log, '1\n2\n');
  assert.deepEqual(second.added, []);
  const [cache, ...rest] = listCacheMounts(store.paths);
  assert.deepEqual(rest, []);
  assert.equal(cache?.id, '/c');
  assert.equal(cache?.inUse, false);
  assert.equal(readFileSync(join(cache?.path ?? '', 'log'), 'utf8'), '1\n2\n');
});

test(
  'a cache mount is found by its id, or else by its target as it is written',
  { skip },
  async (t) => {
    const { build, store } = await runBench(t);
    const { log } = await build(
      `FROM base
WORKDIR /w
RUN --mount=type=cache,id=../../x,target=/a echo 1 > /a/f
RUN --mount=type=cache,id=../../x,target=/b cat /b/f
RUN --mount=type=cache,target=./c/ echo 2 > c/f
WORKDIR /v
RUN --mount=type=cache,target=c cat c/f
RUN --mount=type=cache,target=/a ls /a`,
    );
    assert.equal(log, '1\n2\n');
    assert.deepEqual(
      listCacheMounts(store.paths)
        .map(({ id }) => id)
        .sort(),
      ['../../x', '/a', 'c'],
    );
    assert.match(
      readdirSync(store.paths.cacheMounts).join(' '),
      /^[0-9a-f]{64}(?: [0-9a-f]{64}){2}$/,
    );
  },
);

test('BUILDKIT_CACHE_MOUNT_NS keeps caches apart', { skip }, async (t) => {
  const { build } = await runBench(t);
  const dockerfile =
    'FROM base\nARG N\nRUN --mount=type=cache,target=/c echo $N >> /c/log; cat /c/log';
  await build(dockerfile, { args: { N: '1' } });
  const other = await build(dockerfile, { args: { N: '2', BUILDKIT_CACHE_MOUNT_NS: 'team' } });
  assert.equal(other.log, '2\n');
});

test('owner and mode of a cache mount are given to a new one', { skip }, async (t) => {
  const { build } = await runBench(t);
  const { log } = await build(
    `FROM base
RUN --mount=type=cache,target=/a stat -c '%a %u %g' /a
RUN --mount=type=cache,target=/c,mode=0700,uid=1000,gid=44 stat -c '%a %u %g' /c
RUN --mount=type=cache,target=/c stat -c '%a %u %g' /c
USER app
RUN --mount=type=cache,target=/c touch /c/mine`,
  );
  assert.equal(log, '755 0 0\n700 1000 44\n700 1000 44\n');
});

test('a cache mount with ro cannot be written to', { skip }, async (t) => {
  const { build } = await runBench(t);
  const { log } = await build(
    'FROM base\nRUN --mount=type=cache,target=/c,ro touch /c/x; ls /c; echo end',
  );
  assert.match(log, /Read-only file system\nend/);
});

test('a new cache mount begins with the files of a stage', { skip }, async (t) => {
  const { build } = await runBench(t);
  const { log } = await build(
    `FROM base AS seed
RUN mkdir -p /s/d && echo one > /s/d/f && chown 1000 /s/d/f
FROM base
RUN --mount=type=cache,target=/c,from=seed,source=/s cat /c/d/f; stat -c %u /c/d/f; echo two > /c/d/f
RUN --mount=type=cache,target=/c,from=seed,source=/s cat /c/d/f`,
  );
  assert.equal(log, 'one\n1000\ntwo\n');
});

test(
  'a new cache mount has the owner and mode of the directory that it begins with',
  { skip },
  async (t) => {
    const { build } = await runBench(t);
    const { log } = await build(
      `FROM base AS seed
RUN mkdir /s && chmod 2751 /s && chown 7:8 /s
FROM base
RUN --mount=type=cache,target=/c,from=seed,source=/s,uid=3,mode=700 stat -c '%a %u %g' /c`,
    );
    assert.equal(log, '2751 7 8\n');
  },
);

test('a tmpfs mount is as open as the directory that it hides', { skip }, async (t) => {
  const { build } = await runBench(t);
  const { log } = await build(
    `FROM base
RUN mkdir -m 1730 /d
RUN --mount=type=tmpfs,target=/d stat -c %a /d`,
  );
  assert.equal(log, '1730\n');
});

test(
  'RUN makes a working directory that is gone for its user, and knows its host name',
  { skip },
  async (t) => {
    const { build } = await runBench(t);
    const { log } = await build(
      `FROM base
WORKDIR /w/x
RUN rm -r /w
USER 5:6
RUN stat -c '%u %g' /w/x; grep 127.0.0.1 /etc/hosts`,
    );
    assert.equal(log, '5 6\n127.0.0.1\tlocalhost buildkitsandbox\n');
  },
);

test('source of an own cache mount is a part of it, and never outside', { skip }, async (t) => {
  const { build, directory } = await runBench(t);
  writeFileSync(join(directory, 'canary'), 'alive');
  const { log } = await build(
    `FROM base
RUN --mount=type=cache,id=x,target=/c mkdir /c/sub; ln -s ${directory} /c/out; ln -s sub /c/in
RUN --mount=type=cache,id=x,source=in,target=/d echo inside > /d/f
RUN --mount=type=cache,id=x,target=/c cat /c/sub/f`,
  );
  assert.equal(log, 'inside\n');
  await assert.rejects(
    build('FROM base\nRUN --mount=type=cache,id=x,source=out,target=/d rm -f /d/canary'),
    /"\/out": not found/,
  );
  await assert.rejects(
    build(
      'FROM base\nRUN --mount=type=cache,id=x,source=../../..,target=/d,mode=0700 ls /d; false',
    ),
    /exit code: 1/,
  );
  assert.ok(existsSync(join(directory, 'canary')));
});

const BOTH = `FROM base AS one
RUN --mount=type=cache,id=x,target=/c,sharing=SHARING echo 1 in > /c/one; FIRST
FROM base AS two
RUN --mount=type=cache,id=x,target=/c,sharing=SHARING echo 2 in > /c/two; SECOND
FROM base
COPY --from=one /out /1
COPY --from=two /out /2
RUN cat /1 /2`;
/** Waits a second for the other's mark, and says whether it came. */
const meet = (other: string): string =>
  `for i in $(busybox seq 20); do test -e /c/${other} && break; sleep 0.05; done; test -e /c/${other} && echo met > /out || echo alone > /out`;

test('two steps use a shared cache mount at the same time', { skip }, async (t) => {
  const { build } = await runBench(t);
  const text = BOTH.replaceAll('SHARING', 'shared')
    .replace('FIRST', meet('two'))
    .replace('SECOND', meet('one'));
  assert.equal((await build(text)).log, 'met\nmet\n');
});

test('two steps use a locked cache mount one after the other', { skip }, async (t) => {
  const { build } = await runBench(t);
  const text = BOTH.replaceAll('SHARING', 'locked')
    .replace('FIRST', `${meet('two')}; rm /c/one`)
    .replace('SECOND', `${meet('one')}; rm /c/two`);
  assert.equal((await build(text)).log, 'alone\nalone\n');
});

test('a private cache mount in use makes another, which is used again', { skip }, async (t) => {
  const { build, store } = await runBench(t);
  const text = BOTH.replaceAll('SHARING', 'private')
    .replace('FIRST', meet('two'))
    .replace('SECOND', meet('one'));
  assert.equal((await build(text)).log, 'alone\nalone\n');
  assert.equal(listCacheMounts(store.paths).length, 2);
  await build('FROM base\nRUN --mount=type=cache,id=x,target=/c,sharing=private ls /c');
  assert.equal(listCacheMounts(store.paths).length, 2);
});

test('a cache mounted twice in one RUN is one, and waits for nobody', { skip }, async (t) => {
  const { build } = await runBench(t);
  const { log } = await build(
    'FROM base\nRUN --mount=type=cache,id=x,target=/a,sharing=locked --mount=type=cache,id=x,target=/b echo 1 > /a/f; cat /b/f',
  );
  assert.equal(log, '1\n');
});

test(
  'a subpath that is swapped for a link while it is mounted stays inside',
  { skip },
  async (t) => {
    const { build, directory } = await runBench(t);
    writeFileSync(join(directory, 'canary'), 'alive');
    const rounds = Number(process.env['STAVE_ROUNDS'] ?? 6);
    await build('FROM base\nRUN --mount=type=cache,id=x,target=/c mkdir -p /c/sub /c/real');
    for (let round = 0; round < rounds; round++) {
      const swap = `ARG N=${round}
RUN --mount=type=cache,id=x,target=/c for i in $(busybox seq 300); do rm -rf /c/sub; ln -s ${directory} /c/sub; rm -f /c/sub; mkdir /c/sub; done`;
      const use = `ARG N=${round}
RUN --mount=type=cache,id=x,source=sub,target=/d rm -rf /d/canary; echo x > /d/planted; true`;
      await build(
        `FROM base AS one\n${swap}\nFROM base AS two\n${use}\nFROM base\nCOPY --from=one /etc/group /1\nCOPY --from=two /etc/group /2`,
      ).catch((error: unknown) => {
        // Where the directory was missing, or was no directory, at that moment.
        assert.match(
          String(error),
          /not found|no such file|changed while|ENOENT|ENOTDIR|not a directory/i,
        );
      });
      assert.equal(readFileSync(join(directory, 'canary'), 'utf8'), 'alive');
      assert.ok(!existsSync(join(directory, 'planted')));
    }
  },
);
