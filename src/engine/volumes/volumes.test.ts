import assert from 'node:assert/strict';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cannotRun } from '../../../test/support/busybox-root.ts';
import { containerBench, type ContainerBench } from '../../../test/support/container-bench.ts';
import type { CreateRequest } from '../create-request.ts';
import type { Volumes } from '../volume-types.ts';
import { volumesOf } from '../volumes.ts';

const skip = cannotRun;
let bench: ContainerBench;
let volumes: Volumes;

before(async () => {
  if (skip !== false) return;
  bench = await containerBench();
  volumes = volumesOf(bench.store);
});
after(async () => {
  if (skip === false) await bench[Symbol.asyncDispose]();
});

function check(name: string, body: () => Promise<void> | void): void {
  test(name, { skip }, body);
}

function said(script: string, request: Partial<CreateRequest> = {}): string {
  const { code, stdout, stderr } = bench.sh(script, { remove: true, ...request });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  return stdout.trim();
}

check('a volume outlives its containers, and is shared by them', async () => {
  assert.equal(await volumes.create({ name: 'v1', labels: { a: 'b' } }), 'v1');
  said('echo x > /d/f', { volumes: ['v1:/d'] });
  assert.equal(
    said('cat /d/f; (: > /d/g) 2>/dev/null || echo refused', { volumes: ['v1:/d:ro'] }),
    'x\nrefused',
  );
  const { mountpoint, labels, users } = await volumes.inspect('v1');
  assert.deepEqual({ labels, users }, { labels: { a: 'b' }, users: [] });
  assert.equal(readFileSync(join(mountpoint, 'f'), 'utf8'), 'x\n');
  await volumes.remove('v1');
  await assert.rejects(volumes.inspect('v1'), { message: 'get v1: no such volume' });
});

check('remove() refuses a volume that a container has, and names the container', async () => {
  bench.sh('true', { name: 'holder', volumes: ['held:/d'] });
  const [container] = (await bench.containers.list({ all: true })).filter(
    ({ name }) => name === 'holder',
  );
  await assert.rejects(volumes.remove('held'), {
    message: `remove held: volume is in use - [${container?.id}]`,
    hint: 'Remove first: holder.',
  });
  await bench.containers.remove('holder');
  await volumes.remove('held');
  await volumes.remove('held', { force: true });
});

check('an empty volume gets content, owner and mode of what it covers', async () => {
  await volumes.create({ name: 'pre' });
  const script = 'cat /data/deep/file; stat -c "%a %u" /data';
  assert.equal(said(script, { volumes: ['pre:/data'] }), 'from the image\n755 0');
  assert.equal(said('ls /data', { volumes: ['bare:/data:nocopy'] }), '');
  await volumes.prune({ all: true });
});

check('anonymous volumes go with rm -v and --rm only, and are pruned', async () => {
  bench.sh('echo 1 > /one/f', { name: 'first', volumes: ['/one'] });
  said('true', { volumes: ['/two'] });
  const names = async (): Promise<string[]> => (await volumes.list()).map(({ name }) => name);
  const [first] = await names();
  assert.match(first ?? '', /^[0-9a-f]{64}$/);
  assert.equal((await names()).length, 1);
  await bench.containers.remove('first');
  assert.deepEqual(await names(), [first]);
  await volumes.create({ name: 'kept' });
  assert.deepEqual(await volumes.prune(), { removed: [first], bytes: 2 });
  bench.sh('true', { name: 'second', volumes: ['/one', 'kept:/two'] });
  await bench.containers.remove('second', { volumes: true });
  assert.deepEqual(await names(), ['kept']);
  assert.deepEqual((await volumes.prune({ all: true })).removed, ['kept']);
  assert.deepEqual(readdirSync(bench.store.paths.volumes), []);
});

check('--volumes-from gives the mounts of another container, read-only if asked', async () => {
  const source = join(bench.scratch, 'bound');
  bench.sh('echo 1 > /one/f; echo 2 > /two/f', {
    name: 'giver',
    volumes: ['/one', `${source}:/two`],
  });
  assert.equal(said('cat /one/f /two/f', { volumesFrom: ['giver'] }), '1\n2');
  const script = '(: > /one/g) 2>/dev/null || echo refused';
  assert.equal(said(script, { volumesFrom: ['giver:ro'] }), 'refused');
  // The anonymous volume is still the first container's.
  assert.equal((await volumes.list()).length, 1);
  await bench.containers.remove('giver', { volumes: true });
});

check('--mount takes volumes, paths and memory, and parts of a volume', async () => {
  const source = join(bench.scratch, 'path');
  mkdirSync(source);
  writeFileSync(join(source, 'f'), 'bound');
  const all = said(
    'cat /b/f; stat -c %a /t; grep -c " /t tmpfs" /proc/mounts; echo x > /v/sub-file; mkdir /v/sub; echo part > /v/sub/f',
    {
      mounts: [
        `type=bind,src=${source},dst=/b,ro`,
        'type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1700',
        'source=parts,target=/v,volume-label=k=v',
      ],
    },
  );
  assert.equal(all, 'bound1700\n1');
  assert.deepEqual((await volumes.inspect('parts')).labels, { k: 'v' });
  const part = (path: string) => [`source=parts,target=/p,volume-subpath=${path}`];
  assert.equal(said('cat /p/f', { mounts: part('sub') }), 'part');
  const { mountpoint } = await volumes.inspect('parts');
  symlinkSync('/', join(mountpoint, 'out'));
  // A link of the volume leads to its own root.
  assert.equal(said('ls /p', { mounts: part('out') }), 'out\nsub\nsub-file');
  assert.match(bench.sh('true', { mounts: part('none') }).stderr, /cannot access path .*\/none/);
  assert.equal(
    bench.sh('true', { mounts: ['type=bind,src=/nonexistent,dst=/x'] }).stderr,
    'Error: invalid mount config for type "bind": bind source path does not exist: /nonexistent\n',
  );
  assert.equal(statSync('/nonexistent', { throwIfNoEntry: false }), undefined);
  await volumes.remove('parts');
});

check('the local driver mounts what it is told', async () => {
  const device = join(bench.scratch, 'device');
  mkdirSync(device);
  writeFileSync(join(device, 'f'), 'there');
  await volumes.create({ name: 'linked', options: { type: 'none', device, o: 'bind' } });
  await volumes.create({
    name: 'memory',
    options: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' },
  });
  const script = 'cat /l/f; echo; grep -c " /m tmpfs .*size=1024k" /proc/mounts';
  assert.equal(said(script, { volumes: ['linked:/l', 'memory:/m'] }), 'there\n1');
  await volumes.remove('linked');
  await volumes.remove('memory');
  assert.equal(readFileSync(join(device, 'f'), 'utf8'), 'there');
});

check('create() refuses what cannot be kept', async () => {
  const refusal = async (request: Parameters<Volumes['create']>[0]): Promise<string> => {
    try {
      return await volumes.create(request);
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(await refusal({ name: '../x' }), /^create \.\.\/x: "\.\.\/x" includes invalid/);
  assert.match(await refusal({ name: 'x' }), /too short/);
  assert.equal(
    await refusal({ name: 'xx', driver: 'other' }),
    'create xx: error looking up volume plugin other: plugin "other" not found',
  );
  assert.equal(
    await refusal({ name: 'xx', options: { colour: 'red' } }),
    'create xx: invalid option: "colour"',
  );
  assert.equal(
    await refusal({ name: 'xx', options: { type: 'tmpfs' } }),
    'create xx: missing required option: "device"',
  );
  assert.deepEqual(await volumes.list(), []);
});

check('a directory of a store that kept no rows becomes what the volume holds', async () => {
  const old = join(bench.store.paths.volumes, 'old');
  mkdirSync(old, { recursive: true });
  writeFileSync(join(old, 'f'), 'still here');
  assert.equal(said('cat /d/f', { volumes: ['old:/d'] }), 'still here');
  await volumes.remove('old');
});

check('two containers share what a volume in memory holds, while one of them runs', async () => {
  await volumes.create({ name: 'shared', options: { type: 'tmpfs', device: 'tmpfs' } });
  const script = 'echo 1 > /m/f; echo ready; while :; do sleep 1; done';
  await bench.start('one', script, { volumes: ['shared:/m'] });
  assert.equal(said('cat /m/f', { volumes: ['shared:/m'] }), '1');
  await bench.containers.remove('one', { force: true });
  // The next who gets it finds it empty: it was let go of meanwhile.
  assert.equal(said('ls /m', { volumes: ['shared:/m'] }), '');
  await volumes.remove('shared');
});
