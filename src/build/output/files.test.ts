import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { collect } from '../../base/bytes.ts';
import { bench, root } from '../testing/bench.ts';
import type { Output } from './spec.ts';

const ARM = { os: 'linux', architecture: 'arm64' };
const AMD = { os: 'linux', architecture: 'amd64' };

/** A directory for what comes out, gone with the test. */
function place(t: TestContext): (name: string) => string {
  const directory = mkdtempSync(join(tmpdir(), 'output-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return (name) => join(directory, name);
}

/** All paths below a directory, sorted. */
function everything(directory: string): string[] {
  return (readdirSync(directory, { recursive: true }) as string[]).sort((a, b) => (a < b ? -1 : 1));
}

function listed(tar: string): string[] {
  return execFileSync('tar', ['tvf', tar, '--numeric-owner']).toString().trimEnd().split('\n');
}

test('type=local writes the root file system, owners and modes included', root, async (t) => {
  const { build, write } = bench(t);
  const at = place(t);
  write('a', 'A');
  const dockerfile = 'FROM scratch\nCOPY --chown=5:6 --chmod=640 a /d/a\nWORKDIR /w';
  await build(dockerfile, { outputs: [{ type: 'local', directory: at('new/out') }] });
  const { uid, gid, mode } = statSync(at('new/out/d/a'));
  assert.deepEqual([uid, gid, mode & 0o7777], [5, 6, 0o640]);
  assert.equal(readFileSync(at('new/out/d/a'), 'utf8'), 'A');
  assert.deepEqual(readdirSync(at('new/out')).sort(), ['d', 'w']);
  assert.deepEqual(readdirSync(at('new')), ['out']);
});

test(
  'type=local keeps what lies there, and replaces links without following them',
  root,
  async (t) => {
    const { build, write } = bench(t);
    const at = place(t);
    write('a', 'new');
    mkdirSync(at('out/d'), { recursive: true });
    mkdirSync(at('elsewhere'));
    writeFileSync(at('elsewhere/a'), 'precious');
    writeFileSync(at('out/mine'), 'mine');
    writeFileSync(at('out/d/mine'), 'mine');
    symlinkSync(at('elsewhere'), at('out/link'));
    symlinkSync(at('elsewhere/a'), at('out/d/a'));
    mkdirSync(at('out/file'));
    writeFileSync(at('out/file/old'), 'old');
    const dockerfile = 'FROM scratch\nCOPY a /d/a\nCOPY a /link/a\nCOPY a /file';
    await build(dockerfile, { outputs: [{ type: 'local', directory: at('out') }] });
    assert.equal(readFileSync(at('elsewhere/a'), 'utf8'), 'precious');
    assert.deepEqual(readdirSync(at('elsewhere')), ['a']);
    assert.ok(lstatSync(at('out/link')).isDirectory());
    assert.deepEqual(
      ['mine', 'd/mine', 'd/a', 'link/a', 'file'].map((name) =>
        readFileSync(at(`out/${name}`), 'utf8'),
      ),
      ['mine', 'mine', 'new', 'new', 'new'],
    );
  },
);

test('type=local with mode=delete leaves nothing else', root, async (t) => {
  const { build, write } = bench(t);
  const at = place(t);
  write('a', 'A');
  mkdirSync(at('out/d'), { recursive: true });
  for (const name of ['out/old', 'out/d/old']) writeFileSync(at(name), 'old');
  symlinkSync('/', at('out/root'));
  await build('FROM scratch\nCOPY a /d/a', {
    outputs: [{ type: 'local', directory: at('out'), mode: 'delete' }],
  });
  assert.deepEqual(everything(at('out')), ['d', 'd/a']);
  assert.ok(existsSync('/etc'));
});

test('type=local gives each platform a directory, unless told otherwise', root, async (t) => {
  const { build, write } = bench(t);
  const at = place(t);
  write('a', 'A');
  const dockerfile = 'FROM scratch\nARG TARGETARCH\nCOPY a /$TARGETARCH\nCOPY a /d/a';
  const platforms = [AMD, ARM];
  await build(dockerfile, { platforms, outputs: [{ type: 'local', directory: at('out') }] });
  assert.deepEqual(everything(at('out')), [
    'linux_amd64',
    'linux_amd64/amd64',
    'linux_amd64/d',
    'linux_amd64/d/a',
    'linux_arm64',
    'linux_arm64/arm64',
    'linux_arm64/d',
    'linux_arm64/d/a',
  ]);
  const one: Output = { type: 'local', directory: at('one'), platformSplit: false };
  await assert.rejects(
    build(dockerfile, { platforms, outputs: [one] }),
    /several platforms have d\/a/,
  );
  assert.equal(existsSync(at('one')), false);
  await build('FROM scratch\nARG TARGETARCH\nCOPY a /d/$TARGETARCH', { platforms, outputs: [one] });
  assert.deepEqual(readdirSync(at('one/d')).sort(), ['amd64', 'arm64']);
});

test(
  'type=tar is the same tar for the same files, with links, and clamped to the date',
  root,
  async (t) => {
    const at = place(t);
    const tars = [];
    for (const run of ['first', 'second']) {
      const { build, write, path } = bench(t);
      write('a', 'A');
      linkSync(path('a'), path('b'));
      symlinkSync('a', path('c'));
      utimesSync(path('a'), 1_700_000_000, run === 'first' ? 1_600_000_000 : 1_650_000_000);
      await build('FROM scratch\nCOPY . /d/\nADD --chmod=4755 a /d/s', {
        sourceDateEpoch: 1_500_000_000,
        outputs: [{ type: 'tar', to: { path: at(`${run}.tar`) } }],
      });
      tars.push(readFileSync(at(`${run}.tar`)));
    }
    assert.deepEqual(tars[0], tars[1]);
    const lines = listed(at('first.tar')).map((line) => line.replace(/ +/g, ' '));
    assert.deepEqual(lines, [
      'drwxr-xr-x 0/0 0 2017-07-14 02:40 d/',
      '-rw-r--r-- 0/0 1 2017-07-14 02:40 d/a',
      'hrw-r--r-- 0/0 0 2017-07-14 02:40 d/b link to d/a',
      'lrwxrwxrwx 0/0 0 2017-07-14 02:40 d/c -> a',
      '-rwsr-xr-x 0/0 1 2017-07-14 02:40 d/s',
    ]);
  },
);

test('type=tar streams to whoever takes it, and deletions are obeyed', root, async (t) => {
  const { build, write } = bench(t);
  write('a', 'x'.repeat(3_000_000));
  let taken: Buffer = Buffer.alloc(0);
  await build('FROM scratch AS one\nCOPY a /a\nFROM one\nCOPY a /b', {
    outputs: [
      {
        type: 'tar',
        to: {
          async write(bytes) {
            taken = await collect(bytes, 2 ** 30);
          },
        },
      },
    ],
  });
  const at = place(t);
  writeFileSync(at('t.tar'), taken);
  assert.deepEqual(
    listed(at('t.tar')).map((line) => line.split(' ').at(-1)),
    ['a', 'b'],
  );
});

test('outputs that cannot be written are refused before anything is built', root, async (t) => {
  const { build, scratch } = bench(t);
  const at = place(t);
  writeFileSync(at('file'), '');
  const cases: readonly (readonly [Output, RegExp])[] = [
    [{ type: 'tar', to: { path: at('no/x.tar') } }, /there is no directory .*\/no$/],
    [{ type: 'tar', to: { path: at('.') } }, /is a directory/],
    [{ type: 'local', directory: at('file/x') }, /\/file is not a directory/],
    [{ type: 'oci', to: { directory: at('file') } }, /\/file is not a directory/],
    [{ type: 'image', push: true }, /a tag is needed when pushing/],
  ];
  for (const [output, message] of cases) {
    const failed = build('FROM scratch\nCOPY nothing /', { outputs: [output] });
    await assert.rejects(failed, message);
  }
  assert.deepEqual(readdirSync(at('.')), ['file']);
  assert.deepEqual(scratch(), []);
});

test('outputs that fail half-way leave nothing behind', root, async (t) => {
  const { build, write } = bench(t);
  const at = place(t);
  write('a', 'A');
  mkdirSync(at('layout'));
  writeFileSync(at('layout/mine'), '');
  await assert.rejects(
    build('FROM scratch\nCOPY a /', {
      outputs: [{ type: 'oci', to: { directory: at('layout') } }],
    }),
    /neither empty nor an OCI layout/,
  );
  const stop = new Error('the reader has gone');
  await assert.rejects(
    build('FROM scratch\nCOPY a /', {
      outputs: [{ type: 'tar', to: { write: () => Promise.reject(stop) } }],
    }),
    stop,
  );
  assert.deepEqual(everything(at('.')), ['layout', 'layout/mine']);
});

test('an image without layers comes out everywhere', root, async (t) => {
  const { build } = bench(t);
  const at = place(t);
  await build('FROM scratch\nENV A=b', {
    names: ['docker.io/library/empty:1'],
    outputs: [
      { type: 'local', directory: at('local') },
      { type: 'tar', to: { path: at('t.tar') } },
      { type: 'oci', to: { path: at('o.tar') } },
      { type: 'docker', to: { path: at('d.tar') } },
      { type: 'oci', to: { directory: at('layout') } },
      { type: 'image' },
    ],
  });
  assert.deepEqual(readdirSync(at('local')), []);
  assert.deepEqual(execFileSync('tar', ['tf', at('t.tar')]).toString(), '');
  assert.ok(existsSync(at('layout/index.json')));
});
