import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeEngine } from '../testing/fake-engine.ts';
import { runCli } from '../testing/run-cli.ts';

async function cli(
  ...line: readonly string[]
): Promise<{ stdout: string; stderr: string; code: number; asked: readonly unknown[] }> {
  const { engine, asked } = fakeEngine();
  return { ...(await runCli(line, { engine })), asked: asked.networks };
}

test('network ls shows Docker’s table', async () => {
  const { stdout } = await cli('network', 'ls');
  assert.equal(
    stdout,
    'NETWORK ID     NAME      DRIVER    SCOPE\n' +
      'ba0000000000   backend   bridge    local\n' +
      'b10000000000   bridge    bridge    local\n' +
      'd00000000000   none      null      local\n' +
      'f50000000000   front     bridge    local\n',
  );
});

test('network ls filters as Docker does', async () => {
  const names = async (...filters: string[]): Promise<string> => {
    const flags = filters.flatMap((one) => ['--filter', one]);
    return (await cli('network', 'ls', '--format', '{{.Name}}', ...flags)).stdout;
  };
  assert.equal(await names('type=custom'), 'backend\nfront\n');
  assert.equal(await names('type=builtin'), 'bridge\nnone\n');
  assert.equal(await names('dangling=true'), 'front\n');
  assert.equal(await names('driver=null'), 'none\n');
  assert.equal(await names('name=^b'), 'backend\nbridge\n');
  assert.equal(await names('name=front', 'name=none'), 'none\nfront\n');
  assert.equal(await names('label=tier=back', 'id=ba'), 'backend\n');
  assert.equal(await names('scope=swarm'), '');
  const wrong = await cli('network', 'ls', '--filter', 'foo=bar');
  assert.deepEqual([wrong.code, wrong.stderr.split('\n')[0]], [1, "Error: invalid filter 'foo'"]);
});

test('network ls --format json has Docker’s keys', async () => {
  const { stdout } = await cli('network', 'ls', '--filter', 'name=backend', '--format', 'json');
  const { CreatedAt, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
  assert.match(String(CreatedAt), /^2026-11-2\d \d\d:08:16 [+-]/);
  assert.deepEqual(rest, {
    Driver: 'bridge',
    ID: 'ba0000000000',
    IPv4: 'true',
    IPv6: 'false',
    Internal: 'true',
    Labels: 'tier=back',
    Name: 'backend',
    Scope: 'local',
  });
});

test('network inspect shows Docker’s members in its order', async () => {
  const { stdout } = await cli('network', 'inspect', 'backend');
  const [network] = JSON.parse(stdout) as Record<string, unknown>[];
  assert.deepEqual(Object.keys(network ?? {}), [
    'Name',
    'Id',
    'Created',
    'Scope',
    'Driver',
    'EnableIPv4',
    'EnableIPv6',
    'IPAM',
    'Internal',
    'Attachable',
    'Ingress',
    'ConfigFrom',
    'ConfigOnly',
    'Containers',
    'Options',
    'Labels',
  ]);
  assert.deepEqual(network?.['IPAM'], {
    Driver: 'default',
    Options: null,
    Config: [{ Subnet: '10.9.0.0/24', IPRange: '10.9.0.128/25', Gateway: '10.9.0.1' }],
  });
  assert.deepEqual(network?.['Containers'], {
    ['c1'.padEnd(64, '0')]: {
      Name: 'web1',
      EndpointID: 'e1'.padEnd(64, '0'),
      MacAddress: '02:42:0a:09:00:02',
      IPv4Address: '10.9.0.2/24',
      IPv6Address: '',
    },
  });
});

test('network inspect takes templates with the fields of Go and of JSON', async () => {
  const said = async (format: string): Promise<string> =>
    (await cli('network', 'inspect', '-f', format, 'backend')).stdout;
  assert.equal(await said('{{.Driver}} {{.Scope}} {{.Internal}}'), 'bridge local true\n');
  assert.equal(
    await said('{{range .IPAM.Config}}{{.Subnet}} {{.Gateway}}{{end}}'),
    '10.9.0.0/24 10.9.0.1\n',
  );
  assert.equal(await said('{{range .Containers}}{{.Name}}{{end}}'), 'web1\n');
  assert.equal(await said('{{slice .ID 0 4}}'), 'ba00\n');
  assert.equal(await said('{{slice .Id 0 4}}'), 'ba00\n');
  assert.equal(await said('{{index .Labels "tier"}}'), 'back\n');
});

test('network inspect and inspect complain about what is not there', async () => {
  const one = await cli('network', 'inspect', 'nosuch');
  assert.deepEqual([one.code, one.stdout], [1, '[]\n']);
  assert.match(one.stderr, /^Error: network nosuch not found\n/);
  const any = await cli('inspect', '--type', 'network', '-f', '{{.Name}}', 'none');
  assert.equal(any.stdout, 'none\n');
});

test('network create hands on what was typed', async () => {
  const { stdout, asked } = await cli(
    ...'network create --subnet 10.1.0.0/24,fd00:1::/64 --gateway 10.1.0.9 --ip-range 10.1.0.64/26'.split(
      ' ',
    ),
    ...'--aux-address printer=10.1.0.5 --internal --ipv6 --label a=b -o com.docker.network.driver.mtu=1400 net'.split(
      ' ',
    ),
  );
  assert.equal(stdout, `${'c7'.padEnd(64, '0')}\n`);
  assert.deepEqual(asked, [
    {
      name: 'net',
      subnets: ['10.1.0.0/24', 'fd00:1::/64'],
      gateways: ['10.1.0.9'],
      ranges: ['10.1.0.64/26'],
      reserved: ['printer=10.1.0.5'],
      internal: true,
      attachable: false,
      ipv4: true,
      ipv6: true,
      options: { 'com.docker.network.driver.mtu': '1400' },
      labels: { a: 'b' },
    },
  ]);
});

test('network rm goes on after a failure; with -f what is not there is none', async () => {
  const plain = await cli('network', 'rm', 'nosuch', 'front');
  assert.deepEqual([plain.code, plain.stdout, plain.asked], [1, 'front\n', ['front']]);
  assert.match(plain.stderr, /^Error: network nosuch not found/);
  assert.deepEqual((await cli('network', 'rm', '-f', 'nosuch')).code, 0);
});

test('network prune asks, and lists what went', async () => {
  const { engine } = fakeEngine();
  const asked = await runCli(['network', 'prune'], { engine });
  assert.equal(
    asked.stdout,
    'WARNING! This will remove all custom networks not used by at least one container.\n' +
      'Are you sure you want to continue? [y/N] ',
  );
  assert.equal((await cli('network', 'prune', '-f')).stdout, 'Deleted Networks:\nfront\n\n');
});

test('network connect and disconnect hand on what was typed', async () => {
  const { asked } = await cli(
    ...'network connect --alias db,sql --ip 10.9.0.7 backend web1'.split(' '),
  );
  assert.deepEqual(asked, [['backend', 'web1', { aliases: ['db', 'sql'], ip: '10.9.0.7' }]]);
  const off = await cli(...'network disconnect -f backend web1'.split(' '));
  assert.deepEqual(off.asked, [['backend', 'web1', { force: true }]]);
});
