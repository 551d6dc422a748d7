import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { putRemote } from '../../test/support/remote-image.ts';
import { TestRegistry } from '../../test/support/test-registry.ts';
import { parseReference } from '../oci/reference.ts';
import { openConnections } from './connection.ts';
import { openRepository } from './repository.ts';
import { readRules } from './rules.ts';
import type { RegistrySettings } from './settings.ts';

/** Settings of a machine with one `hosts.toml`, and a home with one `config.json`. */
function machine(t: TestContext, host: string, toml: string, config = '{}'): RegistrySettings {
  const etc = mkdtempSync(join(tmpdir(), 'stave-etc-'));
  t.after(() => rmSync(etc, { recursive: true }));
  const files = {
    [`containerd/certs.d/${host}/hosts.toml`]: toml,
    [`containerd/certs.d/${host}/ca.pem`]: 'an authority',
    [`containerd/certs.d/${host}/own.pem`]: 'a certificate and its key',
    'home/.docker/config.json': config,
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(etc, name)), { recursive: true });
    writeFileSync(join(etc, name), content);
  }
  return { etc, environment: { HOME: join(etc, 'home') }, pause: 1, stall: 1000 };
}

test('hosts.toml says what a host is trusted by and shown', (t) => {
  const settings = machine(
    t,
    'reg:5000',
    `[host."https://m"]
capabilities = ["pull", "resolve"]
ca = "ca.pem"
client = [["own.pem"]]
[host."https://m".header]
X-One = "1"
X-Two = ["2", "3"]
`,
  );
  const rules = readRules(settings);
  rules.route(parseReference('reg:5000/a'));
  assert.deepEqual(
    [...rules.ways],
    [
      [
        'm',
        {
          tls: {
            ca: ['an authority'],
            cert: 'a certificate and its key',
            key: 'a certificate and its key',
          },
          headers: { 'x-one': '1', 'x-two': '2, 3' },
        },
      ],
    ],
  );
});

test('hosts.toml may say that a registry is elsewhere', (t) => {
  const settings = machine(t, 'reg.io', 'server = "http://other:5000"\n');
  const { origin, mirrors } = readRules(settings).route(parseReference('reg.io/team/a'));
  assert.deepEqual(mirrors, []);
  assert.deepEqual(
    [origin.scheme, origin.registry, origin.path, origin.ns],
    ['http:', 'other:5000', '/v2/team/a/', 'reg.io'],
  );
});

test('headers are shown to the host that they are for, and to no other', async (t) => {
  const seen: string[] = [];
  const watch = (name: string) => (registry: TestRegistry) => {
    registry.fault = ({ request }) => {
      const { 'x-secret': secret, 'x-meta-team': team, other } = request.headers;
      seen.push(`${name} ${String(secret)} ${String(team)} ${String(other)}`);
      return false;
    };
  };
  await using origin = await TestRegistry.open();
  await using mirror = await TestRegistry.open();
  watch('origin')(origin);
  watch('mirror')(mirror);
  putRemote(origin, 'app', 'v1');
  const settings = machine(
    t,
    origin.host,
    `[host."http://${mirror.host}"]
capabilities = ["pull", "resolve"]
[host."http://${mirror.host}".header]
X-Secret = "s"
`,
    JSON.stringify({ HttpHeaders: { 'X-Meta-Team': 'a', Other: 'x' } }),
  );
  using connections = openConnections(settings);
  await openRepository(connections, parseReference(`${origin.host}/app:v1`)).getManifest(undefined);
  assert.deepEqual([...new Set(seen)].sort(), [
    // The first question finds out whether there is TLS, and shows nothing.
    'mirror s a undefined',
    'origin undefined a undefined',
    'origin undefined undefined undefined',
  ]);
});

test('dial_timeout says how long connecting may take', (t) => {
  const connect = (time: string): number | undefined => {
    const rules = readRules(machine(t, 'reg:5000', `[host."https://m"]\ndial_timeout = ${time}\n`));
    rules.route(parseReference('reg:5000/a'));
    return rules.ways.get('m')?.connect;
  };
  assert.equal(connect('"1m1.5s"'), 61_500);
  assert.equal(connect('"250ms"'), 250);
  assert.equal(connect('"0"'), undefined);
  for (const wrong of ['"5"', '5', '"soon"', '"-1s"']) {
    assert.throws(() => connect(wrong), /dial_timeout = .* is no time/, wrong);
  }
});

test('a mirror to which no connection comes about in time is passed over', async (t) => {
  await using registry = await TestRegistry.open();
  putRemote(registry, 'app', 'v1');
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket.on('error', () => {})));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const { port } = silent.address() as AddressInfo;
  const settings = machine(
    t,
    registry.host,
    `server = "http://${registry.host}"\n[host."https://127.0.0.1:${port}"]\ndial_timeout = "50ms"\n`,
  );
  using connections = openConnections({ ...settings, tries: 1 });
  const repository = openRepository(connections, parseReference(`${registry.host}/app:v1`));
  const warnings: string[] = [];
  const { digest } = await repository.resolve(undefined, {
    progress: (event) => event.type === 'warning' && warnings.push(event.message),
  });
  assert.match(digest, /^sha256:/);
  assert.match(warnings.join(), /no connection within 0 s/);
});
