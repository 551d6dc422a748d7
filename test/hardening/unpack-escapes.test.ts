import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { once } from '../../src/base/bytes.ts';
import type { DiffId } from '../../src/oci/digest.ts';
import { overlaySnapshotter } from '../../src/snapshot/overlay.ts';
import { layerTree } from '../layer-tree.ts';
import { scratchStore } from '../scratch-store.ts';
import { memberTar, type Member } from '../support/member-tar.ts';

const skip = process.getuid?.() === 0 ? false : 'needs root for devices and overlay attributes';

/** Files next to the store that nothing may touch; `dir` is where links of attacks point to. */
interface Canary extends Disposable {
  readonly dir: string;
  assertUntouched(): void;
}

function canary(): Canary {
  const dir = mkdtempSync(`${tmpdir()}/stave-canary-`);
  mkdirSync(`${dir}/sub`, { mode: 0o700 });
  writeFileSync(`${dir}/file`, 'canary', { mode: 0o600 });
  writeFileSync(`${dir}/sub/file`, 'canary', { mode: 0o640 });
  symlinkSync('file', `${dir}/link`);
  const before = layerTree(dir);
  return {
    dir,
    assertUntouched: () => assert.deepEqual(layerTree(dir), before),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true }),
  };
}

/** Unpacks the members, above layers made of `below`, beside a canary. Returns the layer's tree by name. */
async function unpack(
  members: (dir: string) => readonly Member[],
  below: (dir: string) => readonly (readonly Member[])[] = () => [],
): Promise<{ readonly names: string[]; readonly fs: string; readonly content: Buffer[] }> {
  using scratch = scratchStore();
  using bird = canary();
  const { store } = scratch;
  const snapshots = overlaySnapshotter(store);
  using lease = store.lease('test');
  const apply = async (tar: Buffer, ids: readonly DiffId[]): Promise<DiffId> => {
    await using draft = snapshots.draft(lease);
    return (await snapshots.apply(draft, once(tar), { below: ids })).diffId;
  };
  const ids: DiffId[] = [];
  try {
    for (const layer of below(bird.dir)) ids.push(await apply(memberTar(...layer), ids));
    const id = await apply(memberTar(...members(bird.dir)), ids);
    const fs = store.paths.layerFs(id);
    const names = layerTree(fs).map((line) => line.split(' ')[0] ?? '');
    const content = names
      .filter((name) => name.endsWith('/x'))
      .map((name) => readFileSync(fs + name));
    return { names, fs, content };
  } finally {
    bird.assertUntouched();
    assert.ok(!existsSync(`${store.paths.layers}/x`), 'nothing beside the layers');
    assert.deepEqual(
      readdirSync(store.paths.layers).filter((name) => name.length !== 64),
      [],
    );
  }
}

const link = (path: string, linkTarget: string): Member => ({ path, type: 'symlink', linkTarget });
const hard = (path: string, linkTarget: string): Member => ({ path, type: 'hardlink', linkTarget });
const directory = (path: string): Member => ({ path, type: 'directory' });
const refused = { code: 'INVALID_INPUT', message: /^refused/ };

for (const path of ['../x', '../../../x', 'a/../../x', 'a/..', '..', '/../x', './../x']) {
  test(`a member called ${path} is refused`, { skip }, async () => {
    await assert.rejects(
      unpack(() => [{ path, body: 'evil' }]),
      refused,
    );
  });
}

test('an absolute name is one below the root', { skip }, async () => {
  const { names } = await unpack((dir) => [
    { path: `${dir}/file`, body: 'evil' },
    { path: '//etc//x', body: 'x' },
  ]);
  assert.ok(names.some((name) => name.startsWith('/tmp/stave-canary-') && name.endsWith('/file')));
  assert.ok(names.includes('/etc/x'));
});

test('members below an absolute link stay in the root', { skip }, async () => {
  const { names } = await unpack((dir) => [
    link('out', dir),
    { path: 'out/file', body: 'evil' },
    { path: 'out/sub/file', body: 'evil' },
    { path: 'out/x', body: 'x' },
  ]);
  assert.ok(names.some((name) => /^\/tmp\/stave-canary-[^/]+\/sub\/file$/.test(name)));
});

test('members below a climbing link stay in the root', { skip }, async () => {
  const { names } = await unpack(() => [
    link('a', '../../../../../../../..'),
    { path: 'a/tmp/x', body: 'x' },
    link('b', '..'),
    link('c', 'b/../b/..'),
    { path: 'c/x', body: 'x' },
  ]);
  assert.deepEqual(names, ['/a', '/b', '/c', '/tmp', '/tmp/x', '/x']);
});

test('members below a link of a layer beneath stay in the root', { skip }, async () => {
  const { names } = await unpack(
    () => [
      { path: 'out/file', body: 'evil' },
      { path: 'up/x', body: 'x' },
    ],
    (dir) => [[link('out', dir), link('up', '../../..')]],
  );
  assert.ok(names.some((name) => /^\/tmp\/stave-canary-[^/]+\/file$/.test(name)));
  assert.ok(names.includes('/x'));
});

test('links cannot take the place of directories that were unpacked', { skip }, async () => {
  await assert.rejects(
    unpack((dir) => [
      directory('a'),
      { path: 'a/b', body: '' },
      link('a', dir),
      { path: 'a/file' },
    ]),
    refused,
  );
});

test('a member does not write through a link of its own name', { skip }, async () => {
  await assert.rejects(
    unpack((dir) => [link('a', `${dir}/file`), { path: 'a', body: 'evil' }]),
    refused,
  );
  await assert.rejects(
    unpack((dir) => [link('a', dir), directory('a')]),
    refused,
  );
});

for (const path of ['.', './', '/', '/.', '']) {
  test(
    `a link in the place of the root (${JSON.stringify(path)}) is refused`,
    { skip },
    async () => {
      await assert.rejects(unpack((dir) => [link(path, dir), { path: 'file', body: 'evil' }]));
    },
  );
}

test('a link as the root of a layer beneath cannot be', { skip }, async () => {
  await assert.rejects(
    unpack(
      () => [{ path: 'file', body: 'evil' }],
      (dir) => [[link('/.', dir)]],
    ),
  );
});

test('hard links to files outside are refused', { skip }, async () => {
  for (const target of ['../../../../etc/passwd', '..', '../x']) {
    await assert.rejects(
      unpack(() => [hard('a', target)]),
      refused,
    );
  }
  // An absolute target is one in the root, where there is nothing.
  await assert.rejects(
    unpack((dir) => [hard('a', `${dir}/file`)]),
    refused,
  );
  await assert.rejects(
    unpack(() => [hard('a', '/etc/passwd')]),
    refused,
  );
});

test('hard links through links are refused, one or a chain', { skip }, async () => {
  await assert.rejects(
    unpack((dir) => [link('out', dir), hard('a', 'out/file')]),
    refused,
  );
  await assert.rejects(
    unpack((dir) => [link('one', dir), link('two', 'one'), hard('a', 'two/sub/file')]),
    refused,
  );
  await assert.rejects(
    unpack(
      () => [hard('a', 'out/file')],
      (dir) => [[link('out', dir)]],
    ),
    refused,
  );
});

test('hard links to links are refused, so that no mode is set through them', { skip }, async () => {
  await assert.rejects(
    unpack((dir) => [link('l', `${dir}/file`), { ...hard('a', 'l'), mode: 0o4777 }]),
    refused,
  );
  await assert.rejects(
    unpack(
      () => [hard('a', 'l')],
      (dir) => [[link('l', `${dir}/file`)]],
    ),
    refused,
  );
});

test('hard links to directories, devices and nothing are refused', { skip }, async () => {
  await assert.rejects(
    unpack(() => [directory('d'), hard('a', 'd')]),
    refused,
  );
  await assert.rejects(
    unpack(() => [{ path: 'p', type: 'fifo' }, hard('a', 'p')]),
    refused,
  );
  for (const target of ['', '/', '.', 'missing', 'a']) {
    await assert.rejects(
      unpack(() => [hard('a', target)]),
      { code: 'INVALID_INPUT' },
      target,
    );
  }
});

test('a hard link to a file of a layer beneath leaves that layer alone', { skip }, async () => {
  const { content, names } = await unpack(
    () => [hard('b', 'd/x'), { path: 'c', body: '' }],
    () => [[directory('d'), { path: 'd/x', body: 'below', mode: 0o600, uid: 9 }]],
  );
  assert.deepEqual(names, ['/b', '/c', '/d', '/d/x']);
  assert.deepEqual(content.map(String), ['below']);
});

test('link texts are kept as they are, wherever they point', { skip }, async () => {
  using scratch = scratchStore();
  const snapshots = overlaySnapshotter(scratch.store);
  using lease = scratch.store.lease('test');
  await using draft = snapshots.draft(lease);
  const texts = ['/etc/x', '../../../../../../etc/x', 'dash', './a//b/', '..'];
  const members = texts.map((text, index) => link(`l${index}`, text));
  const tar = memberTar(...members, { path: 'dash', body: '', mode: 0o755 });
  const { diffId } = await snapshots.apply(draft, once(tar));
  const found = texts.map((_, i) => readlinkSync(`${scratch.store.paths.layerFs(diffId)}/l${i}`));
  assert.deepEqual(found, texts);
});

test('loops of links end', { skip }, async () => {
  await assert.rejects(
    unpack(() => [link('a', 'b'), link('b', 'a'), { path: 'a/x', body: '' }]),
    refused,
  );
  await assert.rejects(
    unpack(() => [link('a', 'a/a'), { path: 'a/x', body: '' }]),
    refused,
  );
});
