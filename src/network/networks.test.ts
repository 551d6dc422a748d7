import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { createNetwork } from './manage.ts';
import {
  cannotNetwork,
  fetchFrom,
  idOf,
  inside,
  networkHouse,
  run,
  worker,
} from '../../test/support/network-house.ts';

const skip = cannotNetwork() ?? false;
const check = (name: string, body: () => Promise<void>): void => void test(name, { skip }, body);

/** A port that nobody has just now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === 'object' && address ? address.port : 0;
}

/** How a connection fails. */
function failedConnect(port: number, host: string): Promise<{ readonly code?: unknown }> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on('error', resolve);
    socket.on('connect', () => {
      socket.destroy();
      resolve({ code: 'connected' });
    });
  });
}

check(
  'a published port is reached from loopback, by the bridge, by neighbours and by itself',
  async () => {
    await using house = networkHouse();
    const [port, other] = [await freePort(), await freePort()];
    const tcp = { containerPort: 80, protocol: 'tcp' } as const;
    const a = await house.prepare('a', {
      publish: [
        { hostIp: '127.0.0.1', hostPort: port, ...tcp },
        { hostPort: other, ...tcp },
      ],
    });
    const b = await house.prepare('b');
    await house.serve('a', a);
    const gateway = a.endpoints[0]?.gateway ?? '';
    assert.equal(fetchFrom(undefined, `http://127.0.0.1:${port}/`), 'ca\n');
    assert.equal(fetchFrom(undefined, `http://127.0.0.1:${other}/`), 'ca\n');
    assert.equal(fetchFrom(undefined, `http://${gateway}:${other}/`), 'ca\n');
    assert.equal(fetchFrom(b, `http://${gateway}:${other}/`), 'ca\n');
    assert.equal(fetchFrom(a, `http://${gateway}:${other}/`), 'ca\n');
    assert.equal(fetchFrom(b, `http://${gateway}:${port}/`), undefined, 'loopback is loopback');
  },
);

check(
  'containers of a network find each other by name, alias and ID, and after a rename',
  async () => {
    await using house = networkHouse();
    await createNetwork(house, { name: 'back' });
    const a = await house.prepare('a', { networks: [{ name: 'back', aliases: ['db'] }] });
    const b = await house.prepare('b', { networks: [{ name: 'back' }] });
    await house.serve('a', a);
    const ask = (name: string): string | undefined =>
      inside(b, 'busybox', 'nslookup', '-type=a', name, b.resolver.nameservers[0] ?? '');
    const ip = a.endpoints[0]?.ip ?? 'none';
    for (const name of ['ca', 'db', 'ha', idOf('a').slice(0, 12)]) {
      assert.ok(ask(name)?.includes(`Address: ${ip}\n`), name);
    }
    assert.deepEqual(b.resolver.options, ['ndots:0']);
    assert.ok(inside(b, 'busybox', 'ping', '-c', '1', '-W', '3', ip) !== undefined);
    await house.networks.rename(idOf('a'), 'renamed');
    let answer = ask('renamed');
    // The name server reads its files again when it comes to it.
    for (let n = 0; n < 100 && answer?.includes(ip) !== true; n++) answer = ask('renamed');
    assert.ok(answer?.includes(ip));
  },
);

check('networks do not reach each other, and an internal one reaches nothing', async () => {
  await using house = networkHouse();
  await createNetwork(house, { name: 'one' });
  await createNetwork(house, { name: 'vault', internal: true });
  const a = await house.prepare('a');
  const b = await house.prepare('b', { networks: [{ name: 'one' }] });
  const c = await house.prepare('c', { networks: [{ name: 'vault' }] });
  const d = await house.prepare('d', { networks: [{ name: 'vault' }] });
  for (const [letter, one] of [
    ['a', a],
    ['b', b],
    ['d', d],
  ] as const) {
    await house.serve(letter, one);
  }
  const url = (one: typeof a): string => `http://${one.endpoints[0]?.ip}/`;
  assert.equal(fetchFrom(b, url(a)), undefined);
  assert.equal(fetchFrom(a, url(b)), undefined);
  assert.equal(fetchFrom(c, url(a)), undefined);
  assert.equal(fetchFrom(a, url(d)), undefined);
  assert.equal(fetchFrom(c, url(d)), 'cd\n');
  assert.equal(inside(c, 'ip', 'route', 'show', 'default'), '');
  // Neither does anything that it asks for, nor by another address than its own.
  const names = inside(c, 'busybox', 'nslookup', 'cd', c.resolver.nameservers[0] ?? '');
  assert.ok(names?.includes(d.endpoints[0]?.ip ?? 'none'));
  await assert.rejects(
    house.prepare('e', {
      networks: [{ name: 'vault' }],
      publish: [{ containerPort: 80, protocol: 'tcp' }],
    }),
    /ports cannot be published: network vault is internal/,
  );
});

check('a port that somebody has is refused in Docker’s words, with nothing left', async () => {
  await using house = networkHouse();
  const port = await freePort();
  const publish = [
    { hostIp: '127.0.0.1', hostPort: port, containerPort: 80, protocol: 'tcp' },
  ] as const;
  await house.prepare('a', { publish });
  await assert.rejects(house.prepare('b', { publish }), {
    message: `Bind for 127.0.0.1:${port} failed: port is already allocated`,
    exitCode: 125,
  });
  assert.deepEqual(house.networks.endpoints(idOf('b')), []);
  await house.networks.release(idOf('a'));
  assert.deepEqual(await house.traces(), []);
});

check('release() leaves nothing, and others as they were', async () => {
  await using house = networkHouse();
  await createNetwork(house, { name: 'back' });
  const a = await house.prepare('a', { networks: [{ name: 'back' }, { name: 'bridge' }] });
  const b = await house.prepare('b', { networks: [{ name: 'back' }] });
  await house.serve('b', b);
  await house.networks.release(idOf('a'));
  await house.networks.release(idOf('a'));
  assert.equal(fetchFrom(undefined, `http://${b.endpoints[0]?.ip}/`), 'cb\n');
  assert.equal(inside(a, 'true'), undefined, 'its namespace is gone');
  await house.networks.release(idOf('b'));
  assert.deepEqual(await house.traces(), []);
});

check('reconcile() sweeps what the dead left, whatever of it is still there', async () => {
  await using house = networkHouse();
  await createNetwork(house, { name: 'back' });
  const networks = [{ name: 'back' }, { name: 'default' }];
  await house.prepare('a', { networks, publish: [{ containerPort: 80, protocol: 'tcp' }] });
  const b = await house.prepare('b', { networks });
  const [server = ''] = (run('busybox', 'pgrep', '-f', `config ${house.stateDir}`) ?? '').split(
    '\n',
  );
  run('kill', '-KILL', server);
  run('nft', 'delete', 'table', 'inet', `stave_${house.store.id}`);
  await house.networks.reconcile(() => new Set([idOf('b')]));
  assert.deepEqual(house.networks.endpoints(idOf('a')), []);
  const ask = inside(b, 'busybox', 'nslookup', '-type=a', 'cb', b.resolver.nameservers[0] ?? '');
  assert.ok(ask?.includes(b.endpoints[0]?.ip ?? 'none'), 'names are served again');
  await house.networks.reconcile(() => new Set());
  assert.deepEqual(await house.traces(), []);
});

check('connect() and disconnect() change a running container, and its ports move', async () => {
  await using house = networkHouse();
  const port = await freePort();
  await createNetwork(house, { name: 'back', subnets: ['10.223.77.0/24'] });
  const a = await house.prepare('a', {
    publish: [{ hostIp: '127.0.0.1', hostPort: port, containerPort: 80, protocol: 'tcp' }],
  });
  const pid = await house.serve('a', a);
  const container = { id: idOf('a'), name: 'ca', hostname: 'ha', pid };
  const endpoint = await house.networks.connect(container, { name: 'back', ip: '10.223.77.9' });
  assert.equal(endpoint.interfaceName, 'eth1');
  assert.equal(fetchFrom(undefined, 'http://10.223.77.9/'), 'ca\n');
  await assert.rejects(house.networks.connect(container, { name: 'back' }), {
    message: 'endpoint with name ca already exists in network back',
  });
  await house.networks.disconnect(container, 'bridge');
  assert.equal(fetchFrom(undefined, `http://127.0.0.1:${port}/`), 'ca\n');
  assert.match(inside(a, 'ip', 'route', 'show', 'default') ?? '', /via 10\.223\.77\.1 dev eth1/);
  await assert.rejects(
    house.networks.disconnect(container, 'bridge'),
    /is not connected to network/,
  );
});

check('IPv6 is given, forwarded and published where a network has it', async () => {
  await using house = networkHouse();
  const port = await freePort();
  await createNetwork(house, { name: 'six', ipv6: true });
  const a = await house.prepare('a', {
    networks: [{ name: 'six' }],
    publish: [{ hostPort: port, containerPort: 80, protocol: 'tcp' }],
  });
  await house.serve('a', a);
  const [endpoint] = a.endpoints;
  assert.match(endpoint?.ip6 ?? '', /^fd[0-9a-f]{2}:/);
  assert.deepEqual(
    endpoint?.ports.map(({ hostIp }) => hostIp),
    ['0.0.0.0', '::'],
  );
  assert.equal(fetchFrom(undefined, `http://[${endpoint?.ip6}]/`), 'ca\n');
  assert.equal(fetchFrom(undefined, `http://[${endpoint?.gateway6}]:${port}/`), 'ca\n');
  // Whoever tries IPv6 first must be sent on to IPv4 at once.
  const { code } = await failedConnect(port, '::1');
  assert.equal(code, 'ECONNREFUSED');
  assert.equal(fetchFrom(undefined, `http://127.0.0.1:${port}/`), 'ca\n');
  await assert.rejects(
    house.prepare('b', {
      networks: [{ name: 'six' }],
      publish: [{ hostIp: '::1', containerPort: 80, protocol: 'tcp' }],
    }),
    /cannot publish at ::1/,
  );
});

check('several at once get addresses of their own', async () => {
  await using house = networkHouse();
  const letters = ['a', 'b', 'c', 'd', 'e'];
  const made = await Promise.all(letters.map((letter) => house.prepare(letter)));
  const ips = new Set(made.map(({ endpoints }) => endpoints[0]?.ip));
  assert.equal(ips.size, letters.length);
  await Promise.all(letters.map((letter) => house.networks.release(idOf(letter))));
  assert.deepEqual(await house.traces(), []);
});

check('several processes at once do not get in each other’s way', async () => {
  await using house = networkHouse();
  const ended = ['a', 'b', 'c'].map(async (letter) => {
    const child = worker(house, letter, 3);
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  });
  assert.deepEqual(await Promise.all(ended), [0, 0, 0]);
  assert.deepEqual(await house.traces(), []);
});

check('kill -9 at any time leaves nothing that the next command does not sweep', async () => {
  await using house = networkHouse();
  for (const [index, letter] of ['a', 'b', 'c', 'd'].entries()) {
    const child = worker(house, letter, 100);
    // In the middle of something: of what, is left to the machine.
    for (let said = 0; said <= index; said++) await once(child.stdout ?? child, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await house.networks.reconcile(() => new Set());
  assert.deepEqual(await house.traces(), []);
  assert.deepEqual(readdirSync(join(house.stateDir, 'netns')), []);
  assert.equal(run('grep', '-c', house.stateDir, '/proc/self/mountinfo'), undefined);
});
