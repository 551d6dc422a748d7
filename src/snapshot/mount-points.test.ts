import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { scratchStore } from '../../test/scratch-store.ts';
import { memberTar, type Member } from '../../test/support/member-tar.ts';
import { once } from '../base/bytes.ts';
import { canMount, enterPrivateMounts } from '../sys/namespace.ts';
import { mountOverlay } from '../sys/mount.ts';
import { stubMountPoints, type MountPoints, type MountTarget } from './mount-points.ts';
import { overlaySnapshotter } from './overlay.ts';

const skip = canMount() ? false : 'needs root with CAP_SYS_ADMIN';
if (skip === false) enterPrivateMounts();

const IMAGE: readonly Member[] = [
  { path: 'etc/', type: 'directory', mode: 0o2750, uid: 5, gid: 6, mtime: 1_234_000_000_000n },
  { path: 'etc/hosts', body: 'hosts' },
  { path: 'run', type: 'symlink', linkTarget: '/var/run' },
  { path: 'var/', type: 'directory', mode: 0o711 },
  { path: 'resolv', type: 'symlink', linkTarget: 'etc/resolv.conf' },
];

/** Stubs `targets` for {@link IMAGE} and shows the directory of stubs and the stack with it on top. */
async function stubs(
  targets: readonly MountTarget[],
  look: (into: string, root: string) => void = () => {},
): Promise<MountPoints> {
  using scratch = scratchStore();
  const snapshots = overlaySnapshotter(scratch.store);
  using lease = scratch.store.lease('test');
  await using draft = snapshots.draft(lease);
  const { diffId } = await snapshots.apply(draft, once(memberTar(...IMAGE)));
  const into = `${lease.directory}/stubs`;
  const found = stubMountPoints(snapshots.view([diffId]), targets, into);
  const root = `${lease.directory}/root`;
  mkdirSync(root);
  using _mount = mountOverlay(root, { lower: [...snapshots.directories([diffId]), into] });
  look(into, root);
  return found;
}

test('stubMountPoints() makes nothing where all is there', { skip }, async () => {
  const found = await stubs(
    [
      { path: '/etc', kind: 'directory' },
      { path: 'etc/hosts', kind: 'file' },
      { path: '/', kind: 'directory' },
    ],
    (into) => assert.deepEqual(readdirSync(into), []),
  );
  assert.deepEqual(found, { resolved: ['/etc', '/etc/hosts', '/'], made: false });
});

test('stubMountPoints() resolves links, dangling ones too', { skip }, async () => {
  const found = await stubs(
    [
      { path: '/run/secrets/key', kind: 'file' },
      { path: '/resolv', kind: 'file' },
      { path: '/run/../../cache', kind: 'directory' },
    ],
    (_, root) => {
      assert.ok(lstatSync(`${root}/var/run/secrets/key`).isFile());
      assert.ok(lstatSync(`${root}/etc/resolv.conf`).isFile());
      assert.ok(lstatSync(`${root}/run`).isSymbolicLink());
    },
  );
  // `/var/run` is not there, so its parent is what the dots lead to.
  const resolved = ['/var/run/secrets/key', '/etc/resolv.conf', '/cache'];
  assert.deepEqual(found, { resolved, made: true });
});

test('stubMountPoints() leaves what the image says of directories as it is', { skip }, async () => {
  await stubs(
    [
      { path: '/etc/new/deep', kind: 'directory' },
      { path: '/new', kind: 'file' },
    ],
    (_, root) => {
      const etc = lstatSync(`${root}/etc`, { bigint: true });
      assert.deepEqual(
        [etc.mode & 0o7777n, etc.uid, etc.gid, etc.mtimeNs],
        [0o2750n, 5n, 6n, 1_234_000_000_000n],
      );
      assert.deepEqual(readdirSync(`${root}/etc`), ['hosts', 'new']);
      const made = lstatSync(`${root}/etc/new`);
      assert.deepEqual([made.mode & 0o7777, made.uid, made.gid], [0o755, 0, 0]);
    },
  );
});

test(
  'stubMountPoints() refuses files onto directories and the other way round',
  { skip },
  async () => {
    for (const target of [
      { path: '/etc/hosts', kind: 'directory' },
      { path: '/etc', kind: 'file' },
      { path: '/etc/hosts/x', kind: 'file' },
    ] as const) {
      await assert.rejects(stubs([target]), { code: 'INVALID_INPUT' });
    }
  },
);
