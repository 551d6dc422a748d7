import assert from 'node:assert/strict';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { tarOf } from '../../../test/tar-of.ts';
import { cannotRun } from '../../../test/support/busybox-root.ts';
import { containerBench, type ContainerBench } from '../../../test/support/container-bench.ts';
import { once } from '../../base/bytes.ts';
import { readTar } from '../../layer/tar-reader.ts';
import { overlaySnapshotter } from '../../snapshot/overlay.ts';
import { fromRow, toRow } from '../containers/record.ts';
import type { ContainerPath, CopyFiles } from '../cp-types.ts';
import { copyFilesOf } from '../cp.ts';

const skip = cannotRun;
const SETUP = [
  'mkdir -p /d/sub /own; ln -s /d /ld; ln -s /d/none /dang; echo x > /d/f; ln -s f /d/lf',
  'chown 12:34 /d/f; echo 1 > /vol/f',
].join('; ');
let bench: ContainerBench;
let files: CopyFiles;
let here: string;

before(async () => {
  if (skip !== false) return;
  bench = await containerBench();
  const { store } = bench;
  files = copyFilesOf(store, () => Promise.resolve(overlaySnapshotter(store)));
  here = join(bench.scratch, 'here');
  mkdirSync(join(here, 'ldir/s'), { recursive: true });
  writeFileSync(join(here, 'lf'), 'hi\n');
  writeFileSync(join(here, 'ldir/s/f'), 'in\n');
  for (const path of ['lf', 'ldir', 'ldir/s', 'ldir/s/f']) chownSync(join(here, path), 1000, 1001);
  const volumes = ['/vol', `${join(bench.scratch, 'ro')}:/ro:ro`];
  bench.sh(SETUP, { name: 'ended', volumes });
  await bench.start('alive', `${SETUP}; echo ready; while :; do sleep 1; done`, { volumes });
});
after(async () => {
  if (skip === false) await bench[Symbol.asyncDispose]();
});

/** The same for a container that runs and for one that has ended. */
function both(name: string, body: (container: string) => Promise<void>): void {
  for (const container of ['ended', 'alive']) {
    test(`${name} (${container})`, { skip }, () => body(container));
  }
}

async function refusal(action: Promise<unknown>): Promise<string> {
  return action.then(
    () => 'done',
    (error: Error) => error.message,
  );
}

/** Names, owners and modes of a tar. */
async function listed(source: ContainerPath, follow = false): Promise<string[]> {
  const chunks: Uint8Array[] = [];
  const archive = await files.tarFrom(source, { follow });
  await archive.pour((chunk) => chunks.push(Buffer.from(chunk)));
  const lines: string[] = [];
  for await (const { entry } of readTar(once(Buffer.concat(chunks)))) {
    lines.push(`${Buffer.from(entry.path).toString()} ${entry.uid}:${entry.gid} ${entry.type}`);
  }
  return lines;
}

both('cp into a container keeps owners, and names as docker cp does', async (container) => {
  const into = (source: string, path: string) =>
    files.into(join(here, source), { container, path });
  await into('lf', '/own/a');
  await into('ldir', '/own/dir');
  await into('ldir', '/own/dir');
  await into('lf', '/ld');
  await into('lf', '/dang');
  await into('lf', '/vol/new');
  assert.deepEqual(await listed({ container, path: '/own' }), [
    'own 0:0 directory',
    'own/a 1000:1001 file',
    'own/dir 1000:1001 directory',
    'own/dir/ldir 1000:1001 directory',
    'own/dir/ldir/s 1000:1001 directory',
    'own/dir/ldir/s/f 1000:1001 file',
    'own/dir/s 1000:1001 directory',
    'own/dir/s/f 1000:1001 file',
  ]);
  assert.deepEqual(await listed({ container, path: '/d/.' }), [
    '. 0:0 directory',
    './f 12:34 file',
    './lf 1000:1001 file',
    './none 1000:1001 file',
    './sub 0:0 directory',
  ]);
  // A volume is where the container sees it.
  assert.deepEqual(await listed({ container, path: 'vol' }), [
    'vol 0:0 directory',
    'vol/f 0:0 file',
    'vol/new 1000:1001 file',
  ]);
  const upper = join(
    bench.store.paths.containers,
    (await bench.containers.inspect(container)).id,
    'upper',
  );
  assert.equal(existsSync(join(upper, 'vol/new')), false);
});

both('cp of everything leaves out what the kernel tells of itself', async (container) => {
  const all = (await listed({ container, path: '/' })).map((line) => line.split(' ')[0]);
  for (const path of ['./proc', './sys', './dev', './vol/f', './bin/busybox']) {
    assert.ok(all.includes(path), path);
  }
  assert.deepEqual(
    all.filter((path) => /^[.].(?:proc|sys|dev)[/]/.test(path ?? '')),
    [],
  );
});

both('cp says what is wrong as docker cp does', async (container) => {
  const into = (source: string, path: string) =>
    refusal(files.into(join(here, source), { container, path }));
  const from = (path: string, target: string) =>
    refusal(files.from({ container, path }, join(here, target)));
  const lost = (path: string): string =>
    `Could not find the file ${path} in container ${container}`;
  assert.equal(await into('ldir', '/nodir/x'), lost('/nodir'));
  assert.equal(await into('lf', '/nodir/x'), lost('/nodir'));
  assert.equal(await into('lf', '/nodir/'), 'no such directory');
  assert.equal(await into('ldir', '/d/f'), 'cannot copy directory');
  assert.equal(await into('lf', '/d/f/'), 'no such directory');
  assert.equal(await into('nofile', '/'), `lstat ${here}/nofile: no such file or directory`);
  assert.equal(await into('lf', '/ro/x'), 'mounted volume is marked read-only');
  assert.equal(await from('/nofile', '.'), lost('/nofile'));
  assert.equal(await from('/d', 'lf'), 'cannot copy directory');
  assert.equal(await from('/d/f/', 'lf'), 'lstat /d/f/: not a directory');
  assert.equal(await from('/d/f', 'nodir/'), 'no such directory');
  assert.equal(
    await from('/d', 'nodir/x'),
    `invalid output path: directory "${here}/nodir" does not exist`,
  );
  assert.equal(
    await refusal(files.from({ container: 'nosuch', path: '/' }, here)),
    'No such container: nosuch',
  );
});

both(
  'cp out of a container gives files to the caller, with archive to their owners',
  async (container) => {
    const out = join(bench.scratch, `out-${container}`);
    mkdirSync(out);
    const from = async (path: string, target: string, options = {}) => {
      await files.from({ container, path }, join(out, target), options);
      return lstatSync(join(out, target));
    };
    const { uid, gid } = await from('/d/f', 'one');
    assert.deepEqual([uid, gid], [0, 0]);
    assert.equal((await from('/d/f', 'two', { archive: true })).uid, 12);
    assert.ok((await from('/ld', 'three')).isSymbolicLink());
    assert.ok((await from('/ld/', 'four')).isDirectory());
    assert.ok((await from('/ld', 'five', { follow: true })).isDirectory());
    assert.equal(readFileSync(join(out, 'five/f'), 'utf8'), 'x\n');
    mkdirSync(join(out, 'six'));
    await from('/d', 'six');
    assert.deepEqual(readdirSync(join(out, 'six')), ['d']);
    assert.deepEqual((await listed({ container, path: '/ld' }, true))[0], 'd 0:0 directory');
  },
);

both('cp unpacks a tar into a directory, whatever it holds', async (container) => {
  const place = { container, path: '/own/tar' };
  mkdirSync(join(here, 'tar'), { recursive: true });
  await files.into(join(here, 'tar'), place);
  const put = (members: Parameters<typeof tarOf>[0]) =>
    refusal(files.tarInto(once(tarOf(members)), place));
  assert.equal(await put([{ name: 'a/b', data: Buffer.from('1') }]), 'done');
  assert.equal(
    await put([{ name: '../out', data: Buffer.from('1') }]),
    '"../out" leads out of the directory that it is copied to',
  );
  assert.equal(
    await put([{ name: 'hard', type: 'hardlink', link: '../../../etc/passwd' }]),
    '"hard" is a hard link that leads out of its archive',
  );
  // Absolute names and links begin at the place and at the container's root.
  const canary = join(bench.scratch, 'canary');
  writeFileSync(canary, 'alive');
  assert.equal(
    await put([
      { name: canary, data: Buffer.from('no') },
      { name: 'link', type: 'symlink', link: bench.scratch },
      { name: 'link/canary', data: Buffer.from('no') },
    ]),
    '"link" is a link that leads to no directory',
  );
  assert.equal(readFileSync(canary, 'utf8'), 'alive');
  assert.equal(
    await put([{ name: 'a', data: Buffer.from('1') }]),
    'cannot overwrite directory "a" with non-directory "a"',
  );
  assert.equal(
    await refusal(files.tarInto(once(tarOf([])), { container, path: '/d/f' })),
    `destination "${container}:/d/f" must be a directory`,
  );
});

test("cp gives files to the container's user with archive", { skip }, async () => {
  bench.sh('true', { name: 'user' });
  bench.store.write(({ containers }) => {
    const container = fromRow(containers.find('user')!);
    const config = { ...container.record.config, User: 'app' };
    containers.put(toRow({ ...container, record: { ...container.record, config } }));
  });
  await files.into(join(here, 'lf'), { container: 'user', path: '/x' }, { archive: true });
  assert.deepEqual(await listed({ container: 'user', path: '/x' }), ['x 1000:1000 file']);
});

test(
  'cp writes into /etc/hosts of a running container, which stays the same file',
  { skip },
  async () => {
    await files.into(join(here, 'lf'), { container: 'alive', path: '/etc/hosts' });
    const { id } = await bench.containers.inspect('alive');
    const path = join(bench.store.paths.containers, id, 'hosts');
    assert.equal(readFileSync(path, 'utf8'), 'hi\n');
    assert.deepEqual(await listed({ container: 'alive', path: '/etc/hosts' }), ['hosts 0:0 file']);
  },
);

test(
  'cp never leaves a container that swaps directories for links meanwhile',
  { skip },
  async () => {
    const outside = join(bench.scratch, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'secret'), 'of the machine');
    // In the container, the same path leads to something of its own.
    await bench.start(
      'swapper',
      `mkdir -p /w/d ${outside}; echo own > /w/d/secret; echo own > ${outside}/secret; echo ready; while :; do mv /w/d /w/e; ln -s ${outside} /w/d; rm /w/d; mv /w/e /w/d; done`,
    );
    const out = join(bench.scratch, 'swapped');
    let copied = 0;
    for (let round = 0; round < 150; round += 1) {
      rmSync(out, { recursive: true, force: true });
      const [got, put] = await Promise.all([
        refusal(files.from({ container: 'swapper', path: '/w/d/secret' }, out)),
        refusal(files.into(join(here, 'lf'), { container: 'swapper', path: '/w/d/new' })),
      ]);
      assert.match(got, /^(?:done|Could not find|cannot copy|lstat)/);
      assert.match(put, /^(?:done|Could not find|cannot copy|no such)/);
      if (got !== 'done') continue;
      copied += 1;
      assert.equal(readFileSync(out, 'utf8'), 'own\n');
    }
    assert.ok(copied > 0);
    assert.deepEqual(readdirSync(outside), ['secret']);
    assert.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'of the machine');
    await bench.containers.remove('swapper', { force: true });
  },
);

test("a container's links lead to its own files", { skip }, async () => {
  symlinkSync('/etc', join(here, 'own-link'));
  bench.sh('ln -s /etc/shadow /s; ln -s ../../../../../etc/passwd /p; ln -s / /root-link', {
    name: 'links',
  });
  const container = 'links';
  assert.equal(
    await refusal(files.from({ container, path: '/s' }, join(here, 'got'), { follow: true })),
    'Could not find the file /s in container links',
  );
  await files.from({ container, path: '/p' }, join(here, 'passwd'), { follow: true });
  assert.match(
    readFileSync(join(here, 'passwd'), 'utf8'),
    /^root:x:0:0:root:\/root:\/bin\/sh\napp:/,
  );
  await files.into(join(here, 'lf'), { container, path: '/root-link/made' });
  assert.equal(statSync('/made', { throwIfNoEntry: false }), undefined);
  assert.deepEqual(await listed({ container, path: '/made' }), ['made 1000:1001 file']);
});
