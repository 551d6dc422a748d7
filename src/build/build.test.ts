import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bench, root } from './testing/bench.ts';

test('buildImage() makes the config that the instructions say', root, async (t) => {
  const { build } = bench(t);
  const { config } = await build(
    `FROM scratch
ENV A=1 B="two words"
ENV A=3
LABEL l=x
EXPOSE 80 443/UDP 8000-8001
VOLUME /v
USER me
WORKDIR /
CMD run me
ENTRYPOINT ["/e"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s CMD true
ONBUILD RUN x
MAINTAINER somebody
`,
    { labels: { l: 'y' } },
  );
  assert.equal(config.author, 'somebody');
  assert.deepEqual(config.config, {
    User: 'me',
    ExposedPorts: { '80/tcp': {}, '443/udp': {}, '8000/tcp': {}, '8001/tcp': {} },
    Env: [
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'A=3',
      'B=two words',
    ],
    Entrypoint: ['/e'],
    Cmd: ['/bin/sh', '-c', 'run me'],
    ArgsEscaped: true,
    Volumes: { '/v': {} },
    WorkingDir: '/',
    Labels: { l: 'y' },
    StopSignal: 'SIGTERM',
    Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 30_000_000_000 },
    OnBuild: ['RUN x'],
  });
});

test('buildImage() reads a named directory in COPY --from and in FROM', root, async (t) => {
  const { build, write, path } = bench(t);
  write('other/f', 'f');
  write('other/.dockerignore', 'hidden');
  write('other/hidden', 'h');
  const contexts = new Map([['o', { kind: 'directory' as const, path: path('other') }]]);
  await build('FROM scratch\nCOPY --from=o f /f\n', { contexts });
  await build('FROM o\nLABEL a=1\n', { contexts });
  await assert.rejects(build('FROM scratch\nCOPY --from=o hidden /\n', { contexts }), /not found/);
});

test('buildImage() builds only what the target needs', root, async (t) => {
  const { build } = bench(t);
  const { config } = await build(
    'FROM nowhere AS broken\nCOPY nope /\nFROM scratch AS ok\nLABEL a=1\nFROM broken\n',
    {
      target: 'OK',
    },
  );
  assert.deepEqual(config.config?.Labels, { a: '1' });
});

test('buildImage() points at the line that failed', root, async (t) => {
  const { build } = bench(t);
  await assert.rejects(
    build('FROM scratch\nCOPY nope /\n'),
    (error: Error & { detail?: string }) => {
      assert.match(error.message, /"\/nope": not found/);
      assert.match(error.detail ?? '', /2 \| >>> COPY nope/);
      return true;
    },
  );
});

test('buildImage() names the ignore rule that hides a source', root, async (t) => {
  const { build, write } = bench(t);
  write('.dockerignore', '# none\n*.log\n');
  write('x.log', '');
  await assert.rejects(
    build('FROM scratch\nCOPY x.log /\n'),
    (error: Error & { hint?: string }) => {
      assert.match(error.hint ?? '', /\.dockerignore line 2 \(\*\.log\)/);
      return true;
    },
  );
});

test('buildImage() follows ARG and ENV across stages', root, async (t) => {
  const { build } = bench(t);
  const dockerfile = `ARG V=1
FROM scratch AS a
ARG V
ARG W=\${V}0
ENV E=$V-$W
FROM a
LABEL l=$E w=$W t=$TARGETARCH
ARG TARGETARCH
LABEL u=$TARGETARCH
`;
  const labels = async (args: [string, string][]): Promise<unknown> =>
    (await build(dockerfile, { args: new Map(args) })).config.config?.Labels;
  assert.deepEqual(await labels([]), { l: '1-10', w: '10', t: '', u: 'amd64' });
  assert.deepEqual(await labels([['V', '2']]), { l: '2-20', w: '20', t: '', u: 'amd64' });
});

test('buildImage() warns of a build argument that nothing declares', root, async (t) => {
  const { build } = bench(t);
  const { events } = await build('FROM scratch\nLABEL a=1\n', {
    args: new Map([
      ['NOPE', '1'],
      ['HTTP_PROXY', 'x'],
    ]),
  });
  const warnings = events.filter((event) => event.type === 'warning');
  assert.match(warnings.map(({ message }) => message).join(), /NOPE$/);
});

for (const [dockerfile, message] of [
  ['FROM scratch\nCOPY --from=3 /a /\n', /invalid stage index 3/],
  ['FROM scratch AS a\nCOPY --from=a /a /\n', /circular dependency detected on stage: a/],
  [
    'FROM scratch AS a\nCOPY --from=b /a /\nFROM scratch AS b\nFROM a\n',
    /needs to be defined before current stage/,
  ],
  ['FROM scratch\nCOPY --from=$x /a /\n', /variable expansion is not supported for --from/],
  ['FROM scratch\nRUN --mount=type=cache,target=/ x\n', /invalid mount target "\/"/],
  ['FROM $none\n', /should not be blank/],
  ['FROM --platform=$none scratch\n', /platform/],
  ['FROM scratch\nSTOPSIGNAL SIGNOPE\n', /SIGNOPE/],
  ['FROM scratch\nEXPOSE 99999\n', /99999/],
] as const) {
  test(`buildImage() refuses ${JSON.stringify(dockerfile)}`, root, async (t) => {
    await assert.rejects(bench(t).build(dockerfile), message);
  });
}

test('buildImage() leaves no scratch behind, also when it fails', root, async (t) => {
  const { build, write, scratch } = bench(t);
  write('a', 'a');
  await assert.rejects(build('FROM scratch\nCOPY a /a\nCOPY nope /\n'));
  assert.deepEqual(scratch(), []);
});

test('buildImage() excludes below copied directories only', root, async (t) => {
  const { build, write } = bench(t);
  write('d/a.md', 'a');
  write('top.md', 't');
  const names = async (dockerfile: string): Promise<string[]> => {
    // The directory that is made has the time of its making.
    const { config } = await build(dockerfile, { sourceDateEpoch: 1 });
    return config.rootfs.diff_ids.map(String);
  };
  const [all] = await names('FROM scratch\nCOPY --exclude=*.md top.md d /x/\n');
  const [top] = await names('FROM scratch\nCOPY top.md /x/\n');
  assert.equal(all, top);
});
