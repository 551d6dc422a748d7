import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { cannotRun as skip } from '../../../test/support/busybox-root.ts';
import { runBench } from '../../../test/support/run-bench.ts';

test('a bind mount shows the context, read-only, and leaves nothing', { skip }, async (t) => {
  const { build, write } = await runBench(t);
  write('a', 'A');
  write('dir/b', 'B');
  const { log, added } = await build(
    'FROM base\nRUN --mount=target=/src/in cat /src/in/a /src/in/dir/b; touch /src/in/x; true',
  );
  assert.match(log, /^AB.*Read-only file system/s);
  assert.deepEqual(added, []);
});

test('a bind mount shows a file, and a directory below the context', { skip }, async (t) => {
  const { build, write } = await runBench(t);
  write('dir/b', 'B');
  const { log } = await build(
    `FROM base
RUN --mount=source=dir/b,target=/f --mount=source=/dir/,target=/d cat /f /d/b; ls /d`,
  );
  assert.equal(log, 'BBb\n');
});

test('a bind mount follows links inside the context only', { skip }, async (t) => {
  const { build, write, path } = await runBench(t);
  write('dir/b', 'B');
  symlinkSync('dir', path('link'));
  symlinkSync('/etc', path('out'));
  const { log } = await build('FROM base\nRUN --mount=source=link/b,target=/f cat /f');
  assert.equal(log, 'B');
  await assert.rejects(
    build('FROM base\nRUN --mount=source=out/passwd,target=/f cat /f'),
    /"\/out\/passwd": not found/,
  );
  await assert.rejects(
    build('FROM base\nRUN --mount=source=../../etc/passwd,target=/f cat /f'),
    /"\/etc\/passwd": not found/,
  );
});

test('a bind mount shows nothing that is ignored, at any depth', { skip }, async (t) => {
  const { build, write } = await runBench(t);
  for (const name of ['a.txt', 'b.log', 'dir/c.txt', 'dir/d.log', 'dir/deep/e.log', 'other/f']) {
    write(name, name);
  }
  write('.dockerignore', '**/*.log\nother\n!dir/deep/e.log\n');
  const list = 'find /s -type f | sort | tr "\\n" " "';
  const { log } = await build(
    `FROM base\nRUN --mount=target=/s ${list}\nRUN --mount=source=dir,target=/s ${list}`,
  );
  assert.equal(
    log,
    '/s/.dockerignore /s/a.txt /s/dir/c.txt /s/dir/deep/e.log /s/c.txt /s/deep/e.log ',
  );
  await assert.rejects(
    build('FROM base\nRUN --mount=source=b.log,target=/f cat /f'),
    (error: Error & { hint?: string }) =>
      /"\/b\.log": not found/.test(error.message) && /\.dockerignore line 1/.test(error.hint ?? ''),
  );
});

test('a socket of the context is not shown', { skip }, async (t) => {
  const { build, path, write } = await runBench(t);
  write('a', 'A');
  const server = createServer().listen(path('socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  const { log } = await build('FROM base\nRUN --mount=target=/s ls /s');
  assert.equal(log, 'a\n');
});

test('files of a bind mount are those of root, whoever owns them outside', { skip }, async (t) => {
  const { build, path, write } = await runBench(t);
  write('a', 'A', 0o640);
  write('dir/b', 'B');
  chownSync(path('a'), 1000, 1000);
  chownSync(path('dir'), 1000, 1000);
  const { log } = await build(
    `FROM base
RUN --mount=target=/s --mount=source=a,target=/f --mount=source=dir,target=/d stat -c '%a %u %g' /s/a /f /d /s/dir/b`,
  );
  assert.equal(log, '640 0 0\n640 0 0\n755 0 0\n644 0 0\n');
});

test("a context's own directory is open to every user", { skip }, async (t) => {
  const { build, path, write } = await runBench(t);
  write('a', 'A');
  chmodSync(path('.'), 0o700);
  const { log } = await build('FROM base\nUSER app\nRUN --mount=target=/s cat /s/a; stat -c %a /s');
  assert.equal(log, 'A755\n');
});

test('what is written to a bind mount with rw is dropped', { skip }, async (t) => {
  const { build, path, write } = await runBench(t);
  write('a', 'A');
  write('dir/b', 'B');
  write('.dockerignore', 'hidden\n');
  write('hidden', 'H');
  const { log, added } = await build(
    `FROM base
RUN --mount=target=/s,rw --mount=source=a,target=/f,rw --mount=source=dir,target=/d,readonly=false \
 echo x > /s/a; echo y > /f; rm /d/b; ls /s /d; cat /s/a /f
RUN --mount=target=/s,rw ls /s /s/dir; cat /s/a`,
  );
  assert.equal(log, '/d:\n\n/s:\na\ndir\nx\ny\n/s:\na\ndir\n\n/s/dir:\nb\nA');
  assert.deepEqual(added, []);
  assert.equal(readFileSync(path('a'), 'utf8'), 'A');
  assert.equal(readFileSync(path('dir/b'), 'utf8'), 'B');
});

test('a bind mount of a stage, an image or nothing', { skip }, async (t) => {
  const { build } = await runBench(t);
  const { log, added } = await build(
    `FROM base AS one
RUN mkdir -p /out/deep && echo 1 > /out/deep/f && chown -R 1000:1000 /out && ln -s out /link
RUN rm /etc/group && echo 2 > /out/g
FROM scratch AS none
FROM base
RUN --mount=from=one,target=/o,rw --mount=from=one,source=/link/deep,target=/d --mount=from=one,source=out/g,target=/g \
 --mount=from=base,source=/etc,target=/e --mount=from=none,target=/n,rw --mount=from=scratch,target=/m \
 cat /o/out/g /d/f /g; ls /o/etc /e /n /m; stat -c %u /d/f; echo > /o/new; echo > /n/new`,
  );
  assert.equal(log, '2\n1\n2\n/e:\ngroup\npasswd\n\n/m:\n\n/n:\n\n/o/etc:\npasswd\n1000\n');
  assert.deepEqual(added, []);
});

test('a stage that only a mount reads is built, and others are not', { skip }, async (t) => {
  const { build } = await runBench(t);
  const { log } = await build(
    `FROM base AS tool
RUN echo tool > /t
FROM nowhere AS other
RUN false
FROM base
RUN --mount=from=TOOL,target=/x cat /x/t`,
  );
  assert.equal(log, 'tool\n');
});

test('a named context is mounted with its own ignore file', { skip }, async (t) => {
  const { build, directory } = await runBench(t);
  mkdirSync(`${directory}/lib`);
  for (const name of ['x', 'y']) writeFileSync(`${directory}/lib/${name}`, name);
  writeFileSync(`${directory}/lib/.dockerignore`, 'y\n.dockerignore\n');
  const { log } = await build('FROM base\nRUN --mount=from=lib,target=/l ls /l', {
    contexts: { lib: `${directory}/lib` },
  });
  assert.equal(log, 'x\n');
});

test('mounts nest, in whatever order they are written', { skip }, async (t) => {
  const { build, write, path } = await runBench(t);
  write('a', 'A');
  write('dir/b', 'B');
  const { log, added } = await build(
    `FROM base
WORKDIR /w
RUN --mount=type=tmpfs,target=src/tmp --mount=target=src --mount=source=a,target=src/dir/deep/a \
 ls src src/dir src/dir/deep; touch src/tmp/x; touch src/y; true`,
  );
  assert.match(log, /^src:\na\ndir\ntmp\n\nsrc\/dir:\nb\ndeep\n\nsrc\/dir\/deep:\na\n.*Read-only/s);
  assert.deepEqual(added, []);
  assert.equal(lstatSync(path('tmp'), { throwIfNoEntry: false }), undefined);
  assert.equal(lstatSync(path('dir/deep'), { throwIfNoEntry: false }), undefined);
});

test('the target of a mount is resolved inside the image', { skip }, async (t) => {
  const { build, write } = await runBench(t);
  write('a', 'A');
  const { log, added } = await build(
    `FROM base
RUN mkdir /real && ln -s /real /link && ln -s ../../../../../real/up /climb
RUN --mount=source=a,target=/link/a --mount=target=/climb cat /real/a /real/up/a; ls -A /real`,
  );
  assert.equal(log, 'AAa\nup\n');
  assert.deepEqual(added, []);
});

test('a mount that does not fit its target is refused with its line', { skip }, async (t) => {
  const { build, write } = await runBench(t);
  write('a', 'A');
  await assert.rejects(
    build('FROM base\nRUN --mount=source=a,target=/etc true'),
    (error: Error & { detail?: string }) =>
      /cannot mount a file onto a directory/.test(error.message) &&
      />>> RUN --mount/.test(error.detail ?? ''),
  );
  await assert.rejects(
    build('FROM base\nRUN --mount=target=/etc/passwd true'),
    /cannot mount a directory onto a file/,
  );
});
