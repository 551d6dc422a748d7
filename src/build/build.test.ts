import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ProgressEvent } from '../base/progress.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import { parseConfig } from '../oci/parse-config.ts';
import { overlaySnapshotter } from '../snapshot/overlay.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { buildImage, type BuildInput, type Built } from './build.ts';

const root = process.getuid?.() === 0 ? {} : { skip: 'layers keep owners, which needs root' };
const PLATFORM = { os: 'linux', architecture: 'amd64' };

/** What a RUN does: something to the store or to its upper directory; it ends well. */
type Meanwhile = (store: Store, upper: string) => Promise<void>;

interface Bench {
  /** What lies in the store's scratch and among its leases. */
  readonly scratch: () => string[];
  readonly path: (relative: string) => string;
  readonly write: (path: string, text: string) => void;
  readonly build: (
    dockerfile: string,
    input?: Partial<BuildInput>,
    meanwhile?: Meanwhile,
  ) => Promise<Built & { config: ImageConfig; events: ProgressEvent[] }>;
}

/** Values from outside have no prototype; for comparing it does not matter. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function bench(t: TestContext): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'build-test-'));
  const context = join(directory, 'context');
  mkdirSync(context);
  const store = openStore(join(directory, 'store'));
  const snapshotter = overlaySnapshotter(store);
  t.after(() => {
    store[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    scratch: () =>
      [...readdirSync(store.paths.tmp), ...readdirSync(store.paths.leases)].filter(
        (name) => !name.startsWith('.'),
      ),
    path: (relative) => join(context, relative),
    write(path, text) {
      const file = join(context, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    },
    async build(dockerfile, input = {}, meanwhile) {
      const events: ProgressEvent[] = [];
      const built = await buildImage(
        {
          context,
          dockerfile: { text: dockerfile },
          names: [],
          args: new Map(),
          labels: {},
          contexts: new Map(),
          target: undefined,
          platform: PLATFORM,
          buildPlatform: PLATFORM,
          network: 'none',
          extraHosts: [],
          uncached: () => false,
          sourceDateEpoch: undefined,
          shmSize: undefined,
          parallel: 8,
          ...input,
        },
        {
          store,
          snapshotter,
          executor: () =>
            meanwhile
              ? Promise.resolve({
                  runtime: { name: 'crun', path: '', version: '', notes: [] },
                  run: ({ root: { upper } }) => meanwhile(store, upper).then(() => ({ code: 0 })),
                })
              : Promise.reject(new Error('nothing runs in this test')),
          resolve: (name) => {
            throw new Error(`no base image ${name}`);
          },
        },
        { progress: (event) => events.push(event) },
      );
      return { ...built, config: plain(parseConfig(store.blobs.readSync(built.id))), events };
    },
  };
}

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

test(
  'buildImage() gives the same image ID from the cache, and asks no file twice',
  root,
  async (t) => {
    const { build, write } = bench(t);
    write('a', 'a');
    const dockerfile = 'FROM scratch\nCOPY a /a\nWORKDIR /w\nLABEL x=1\n';
    const first = await build(dockerfile);
    const second = await build(dockerfile);
    assert.equal(second.id, first.id);
    assert.deepEqual([second.steps, second.cached], [2, 2]);
  },
);

test(
  'buildImage() takes content for the same whatever its time, and misses on a changed byte',
  root,
  async (t) => {
    const { build, write } = bench(t);
    const dockerfile = 'FROM scratch\nCOPY . /\n';
    write('a', 'a');
    await build(dockerfile);
    write('a', 'a');
    assert.equal((await build(dockerfile)).cached, 1);
    write('a', 'b');
    assert.equal((await build(dockerfile)).cached, 0);
    write('a', 'a');
    assert.equal((await build(dockerfile)).cached, 1);
  },
);

test('buildImage() says which file made a step run again', root, async (t) => {
  const { build, write } = bench(t);
  const dockerfile = 'FROM scratch\nCOPY a /\nCOPY b /\n';
  write('a', 'a');
  write('b', 'b');
  await build(dockerfile);
  write('b', 'B');
  const { events } = await build(dockerfile);
  const notes = events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
  assert.ok(notes.includes('runs: file b changed'), notes.join('\n'));
});

test('buildImage() hits below a stage that was rebuilt to the same result', root, async (t) => {
  const { build, write } = bench(t);
  const dockerfile =
    'FROM scratch AS a\nCOPY in /in\nCOPY out /out\nFROM scratch\nCOPY --from=a /out /out\n';
  write('in', '1');
  write('out', 'same');
  await build(dockerfile);
  write('in', '2');
  const { cached, steps } = await build(dockerfile);
  assert.equal(steps - cached, 2, 'both steps of the first stage run again, the last one does not');
});

test('buildImage() with --link keeps the layer when what lies below changes', root, async (t) => {
  const { build, write } = bench(t);
  const dockerfile = 'FROM scratch\nCOPY below /below\nCOPY --link top /d/top\n';
  write('below', '1');
  write('top', 't');
  const first = await build(dockerfile);
  write('below', '2');
  const second = await build(dockerfile);
  assert.equal(second.cached, 1);
  assert.equal(second.config.rootfs.diff_ids[1], first.config.rootfs.diff_ids[1]);
  assert.notEqual(second.config.rootfs.diff_ids[0], first.config.rootfs.diff_ids[0]);
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

test('buildImage() with a date makes the same manifest twice without a cache', root, async (t) => {
  const manifests: string[] = [];
  for (let round = 0; round < 2; round++) {
    const { build, write } = bench(t);
    write('a', 'a');
    write('old', 'o');
    const context = 'FROM scratch\nCOPY . /d/\nWORKDIR /w\n';
    const { manifest, config } = await build(context, { sourceDateEpoch: 1_000_000_000 });
    assert.equal(config.created, '2001-09-09T01:46:40.000Z');
    manifests.push(manifest.digest);
  }
  assert.equal(manifests[0], manifests[1]);
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
  ['FROM scratch\nRUN --mount=type=cache,target=/c x\n', /not available in this version/],
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

test(
  'buildImage() keeps what a step stands on from a collector that runs meanwhile',
  root,
  async (t) => {
    const { build, write } = bench(t);
    write('a', 'a');
    await build('FROM scratch\nCOPY a /a\n', { target: undefined });
    const { id } = await build('FROM scratch\nCOPY a /a\nRUN x\n', {}, async (store) => {
      store.write(({ cache, images }) => {
        for (const { key } of cache.list()) cache.remove(key);
        for (const image of images.list()) images.remove(image.id);
      });
      await store.collect();
    });
    assert.match(id, /^sha256:/);
  },
);

test(
  'buildImage() with a date clamps what RUN wrote, and asks no record of another date',
  root,
  async (t) => {
    const dockerfile = 'FROM scratch\nRUN x\n';
    const run: Meanwhile = (_store, upper) => {
      mkdirSync(join(upper, 'd'));
      writeFileSync(join(upper, 'd/new'), 'n');
      writeFileSync(join(upper, 'old'), 'o');
      utimesSync(join(upper, 'old'), 5, 5);
      return Promise.resolve();
    };
    const manifests = [];
    for (let round = 0; round < 2; round++) {
      const { build } = bench(t);
      await build(dockerfile, {}, run);
      const dated = await build(dockerfile, { sourceDateEpoch: 1_000_000_000 }, run);
      assert.equal(dated.cached, 0);
      manifests.push(dated.manifest.digest);
      assert.equal((await build(dockerfile, { sourceDateEpoch: 1_000_000_000 }, run)).cached, 1);
    }
    assert.equal(manifests[0], manifests[1]);
  },
);

test('buildImage() excludes below copied directories only', root, async (t) => {
  const { build, write } = bench(t);
  write('d/a.md', 'a');
  write('top.md', 't');
  const names = async (dockerfile: string): Promise<string[]> => {
    const { config } = await build(dockerfile);
    return config.rootfs.diff_ids.map(String);
  };
  const [all] = await names('FROM scratch\nCOPY --exclude=*.md top.md d /x/\n');
  const [top] = await names('FROM scratch\nCOPY top.md /x/\n');
  assert.equal(all, top);
});
