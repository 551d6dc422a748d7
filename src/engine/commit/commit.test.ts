import assert from 'node:assert/strict';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cannotRun } from '../../../test/support/busybox-root.ts';
import { containerBench, type ContainerBench } from '../../../test/support/container-bench.ts';
import { applyChanges } from '../../build/changes.ts';
import { parseConfig } from '../../oci/parse-config.ts';
import type { Digest, DiffId } from '../../oci/digest.ts';
import type { ContainerConfig, ImageConfig } from '../../oci/image-config.ts';
import { overlaySnapshotter } from '../../snapshot/overlay.ts';
import type { CommitRequest } from '../commit-types.ts';
import { pauseContainer, unpauseContainer } from '../containers/pause.ts';
import { reap } from '../containers/reap.ts';
import { fromRow, toRow } from '../containers/record.ts';
import { blameImage } from '../understand/blame.ts';
import { commitContainer } from './commit.ts';

const skip = cannotRun;
let bench: ContainerBench;

before(async () => {
  if (skip === false) bench = await containerBench();
});
after(async () => {
  if (skip === false) await bench[Symbol.asyncDispose]();
});

function check(name: string, body: () => Promise<void> | void): void {
  test(name, { skip }, body);
}

function commit(container: string, request: Partial<CommitRequest> = {}): Promise<Digest> {
  const { store } = bench;
  const parts = { store, snapshotter: overlaySnapshotter(store), applyChanges };
  return commitContainer(parts, { container, ...request });
}

function configOf(id: Digest): ImageConfig {
  return parseConfig(bench.store.blobs.readSync(id));
}

/** Says what a container was started with. */
function configure(name: string, config: ContainerConfig): void {
  bench.store.write(({ containers }) => {
    const container = fromRow(containers.find(name)!);
    containers.put(toRow({ ...container, record: { ...container.record, config } }));
  });
}

function said(image: string, script: string): string {
  const { code, stdout, stderr } = bench.sh(script, { image, remove: true });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  return stdout.trim();
}

check('commit() makes an image of what a container changed, whatever it is', async () => {
  const script = [
    'echo new > /file; chown 12:34 /file; chmod 4711 /file; ln /file /second',
    'rm /etc/group; rm -r /data; mkdir /data; echo other > /data/there',
    'mkfifo /pipe; mknod /null c 1 3; ln -s /nowhere /link; mkdir -p /deep/er/dir',
    'echo in > /volume/f; echo mem > /memory/f; echo x >> /etc/hosts',
  ].join('; ');
  const ran = bench.sh(script.replace('mkfifo /pipe', 'mknod /pipe p'), {
    name: 'changed',
    volumes: ['/volume'],
    tmpfs: ['/memory'],
  });
  assert.deepEqual(ran, { code: 0, stdout: '', stderr: '' });
  const id = await commit('changed', { name: 'ours' });
  const look =
    'stat -c "%a %u:%g %h %F" /file /second /pipe /null; readlink /link; cat /data/*; ls /data /deep/er; ls /volume /memory /etc/group 2>/dev/null; cat /etc/hosts | grep -c "^x$"';
  assert.deepEqual(bench.sh(look, { image: 'ours', remove: true }).stdout.split('\n'), [
    '4711 12:34 2 regular file',
    '4711 12:34 2 regular file',
    '644 0:0 1 fifo',
    '644 0:0 1 character special file',
    '/nowhere',
    'other',
    '/data:',
    'there',
    '',
    '/deep/er:',
    'dir',
    // A volume of its own again, since the image declares it.
    '/volume:',
    '0',
    '',
  ]);
  const { rootfs, history } = configOf(id);
  assert.equal(rootfs.diff_ids.length, 2);
  assert.equal(history?.length, 1);
  const layer = bench.store.paths.layerFs(rootfs.diff_ids[1] as DiffId);
  for (const stub of ['volume', 'memory', 'proc', 'dev']) {
    assert.equal(lstatSync(join(layer, stub), { throwIfNoEntry: false }), undefined);
  }
  const snapshots = overlaySnapshotter(bench.store);
  assert.equal(await snapshots.verify(rootfs.diff_ids[1] as DiffId), undefined);
});

check('commit() of an unchanged container adds no layer, and tells its parent', async () => {
  bench.sh('true', { name: 'same' });
  configure('same', { Cmd: ['sh', '-c', 'true'] });
  const id = await commit('same', { message: 'nothing' });
  const { rootfs, history } = configOf(id);
  const base = bench.store.read(({ images }) => images.get(id)?.parent);
  assert.deepEqual(rootfs, configOf(base!).rootfs);
  const { created: _, ...last } = history?.at(-1) ?? {};
  assert.deepEqual(last, { created_by: 'sh -c true', comment: 'nothing', empty_layer: true });
  assert.deepEqual(
    bench.store.read(({ images }) => images.names(id)),
    [],
  );
});

check('commit() begins with what the container runs with, and applies changes', async () => {
  bench.sh('true', { name: 'set' });
  configure('set', {
    Env: ['A=b', 'PATH=/bin', 'COLOUR=red'],
    Cmd: ['sh'],
    Labels: { x: 'y' },
    WorkingDir: '/tmp',
    User: 'app',
    OnBuild: ['RUN true'],
  });
  const id = await commit('set', {
    name: 'set:1',
    author: 'Ann <a@b>',
    message: 'my change',
    changes: ['CMD /usr/sbin/nginx -g "daemon off;"', 'EXPOSE 80', 'ENV C=d'],
  });
  const { config, author, history } = configOf(id);
  assert.deepEqual(config?.Cmd, ['/bin/sh', '-c', '/usr/sbin/nginx -g "daemon off;"']);
  assert.deepEqual(Object.keys(config?.ExposedPorts ?? {}), ['80/tcp']);
  assert.deepEqual(config?.Env, ['A=b', 'PATH=/bin', 'COLOUR=red', 'C=d']);
  assert.deepEqual({ ...config?.Labels }, { x: 'y' });
  assert.equal(config?.WorkingDir, '/tmp');
  assert.equal(config?.User, 'app');
  assert.equal(config?.OnBuild, undefined);
  assert.equal(author, 'Ann <a@b>');
  assert.equal(history?.at(-1)?.comment, 'my change');
});

check('commit() refuses other instructions, bad names and what is not there', async () => {
  bench.sh('true', { name: 'plain' });
  const message = (request: Partial<CommitRequest>): Promise<string> =>
    commit('plain', request).then(String, (error: Error) => error.message);
  for (const [text, word] of [
    ['RUN ls', 'RUN'],
    ['COPY a b', 'COPY'],
    ['ARG a', 'ARG'],
    ['SHELL ["/bin/ash"]', 'SHELL'],
  ]) {
    assert.equal(await message({ changes: [text!] }), `${word} is not a valid change command`);
  }
  assert.equal(
    await message({ name: 'Bad' }),
    'invalid reference format: repository name (library/Bad) must be lowercase',
  );
  await assert.rejects(commit('nosuch'), { message: 'No such container: nosuch' });
});

check('commit() of a running container takes it by name or ID, and lets it go on', async () => {
  await bench.start('alive', 'echo 1 > /count; echo ready; while :; do sleep 0.05; done', {
    limits: { pids: 50 },
  });
  const [container] = await bench.containers.list();
  await commit('alive', { name: 'alive:1' });
  await commit(container!.id.slice(0, 12), { name: 'alive:2', pause: false });
  assert.equal(said('alive:1', 'cat /count'), '1');
  assert.equal(said('alive:2', 'cat /count'), '1');
  assert.equal((await bench.containers.list())[0]?.state, 'running');
  await bench.containers.remove('alive', { force: true });
});

check('the files of a commit are told as its', async () => {
  bench.sh('echo 1 > /mine', { name: 'author' });
  await commit('author', { name: 'told' });
  const { paths } = await blameImage(
    { store: bench.store, snapshotter: overlaySnapshotter(bench.store) },
    'told',
    ['/mine'],
  );
  assert.equal(paths[0]?.versions[0]?.step.origin?.file, 'commit of author');
});

check('a container that a killed commit had paused goes on with the next command', async () => {
  const script = 'echo ready; while :; do echo x >> /count; sleep 0.02; done';
  await bench.start('frozen', script, { limits: { pids: 50 } });
  const { id } = await bench.containers.inspect('frozen');
  const dead = { pid: 1, start: 'never', boot: 'never' };
  pauseContainer(bench.store, id, dead);
  assert.equal((await bench.containers.inspect('frozen')).state, 'paused');
  reap(bench.store);
  assert.equal((await bench.containers.inspect('frozen')).state, 'running');
  const count = join(bench.store.paths.containers, id, 'upper/count');
  const before = lstatSync(count).size;
  for (let tries = 0; lstatSync(count).size === before; tries += 1) {
    assert.ok(tries < 500);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  // Who pauses it by hand is not undone.
  pauseContainer(bench.store, id);
  reap(bench.store);
  assert.equal((await bench.containers.inspect('frozen')).state, 'paused');
  unpauseContainer(bench.store, id);
  await bench.containers.remove('frozen', { force: true });
});

check('changes are told of a directory in the place of a link that leads nowhere', async () => {
  bench.sh('ln -s loop /loop', { name: 'looping' });
  await commit('looping', { name: 'loop:1' });
  bench.sh('rm /loop; mkdir -p /loop/b', { name: 'unlooped', image: 'loop:1' });
  assert.deepEqual(
    (await bench.containers.changes('unlooped')).map(({ path, change }) => `${change} ${path}`),
    ['changed /loop', 'added /loop/b'],
  );
});
