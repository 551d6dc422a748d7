import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Volumes } from '../../engine/volume-types.ts';
import { fakeEngine } from '../testing/fake-engine.ts';
import { runCli } from '../testing/run-cli.ts';

const V1: Awaited<ReturnType<Volumes['inspect']>> = {
  name: 'v1',
  driver: 'local',
  created: new Date('2026-11-21T07:08:16Z'),
  anonymous: false,
  labels: undefined,
  options: undefined,
  mountpoint: '/store/volumes/v1/_data',
  users: [],
};

async function shown(
  args: readonly string[],
  volumes: Partial<Volumes> = {},
  input = '',
): Promise<string> {
  const { engine } = fakeEngine();
  const own = { ...engine, volumes: { ...engine.volumes, list: async () => [V1], ...volumes } };
  const { stdout, stderr, code } = await runCli(args, { engine: own, stdin: input });
  return `${stdout}${stderr}[${code}]`;
}

test('volume ls lists as Docker does', async () => {
  assert.equal(await shown(['volume', 'ls']), 'DRIVER    VOLUME NAME\nlocal     v1\n[0]');
  assert.equal(await shown(['volume', 'ls', '-q']), 'v1\n[0]');
  assert.equal(
    await shown(['volume', 'ls', '--format', 'json']),
    '{"Availability":"N/A","Driver":"local","Group":"N/A","Labels":"","Links":"N/A","Mountpoint":"/store/volumes/v1/_data","Name":"v1","Scope":"local","Size":"N/A","Status":"N/A"}\n[0]',
  );
  assert.equal(
    await shown(['volume', 'ls', '-f', 'colour=red']),
    "Error: invalid filter 'colour'\n[1]",
  );
});

test('volume inspect shows what Docker shows', async () => {
  const found = { inspect: async () => V1 };
  assert.equal(
    await shown(['volume', 'inspect', 'v1'], found),
    `[
    {
        "CreatedAt": "2026-11-21T07:08:16Z",
        "Driver": "local",
        "Labels": null,
        "Mountpoint": "/store/volumes/v1/_data",
        "Name": "v1",
        "Options": null,
        "Scope": "local"
    }
]
[0]`,
  );
  assert.equal(
    await shown(['volume', 'inspect', '-f', '{{.Mountpoint}} {{.Labels}}', 'v1'], found),
    '/store/volumes/v1/_data map[]\n[0]',
  );
  assert.match(
    await shown(['volume', 'inspect', 'nosuch']),
    /^\[\]\nError: get nosuch: no such volume\n/,
  );
});

test('volume prune asks, and says what went', async () => {
  const asked: unknown[] = [];
  const volumes: Partial<Volumes> = {
    prune: async (filter) => {
      asked.push(filter);
      return { removed: ['v1'], bytes: 2000 };
    },
  };
  assert.equal(
    await shown(['volume', 'prune'], volumes, 'n\n'),
    'WARNING! This will remove anonymous local volumes not used by at least one container.\nAre you sure you want to continue? [y/N] [0]',
  );
  assert.equal(
    await shown(['volume', 'prune', '-f', '-a', '--filter', 'label!=keep'], volumes),
    'Deleted Volumes:\nv1\n\nTotal reclaimed space: 2kB\n[0]',
  );
  assert.deepEqual(asked, [{ labelNot: ['keep'], all: true }]);
  assert.match(
    await shown(['volume', 'prune', '-a', '--filter', 'all=1']),
    /cannot specify both --all and --filter all=1/,
  );
});

test('system prune --volumes removes volumes, too', async () => {
  const volumes: Partial<Volumes> = { prune: async () => ({ removed: ['v1'], bytes: 2000 }) };
  assert.match(
    await shown(['system', 'prune', '-f', '--volumes'], volumes),
    /Deleted Volumes:\nv1\n\n[^]*Total reclaimed space: /,
  );
  assert.doesNotMatch(await shown(['system', 'prune', '-f'], volumes), /Volumes/);
});

test('cp refuses what is no copy into or out of a container', async () => {
  const both = await shown(['cp', 'a:/x', 'b:/y']);
  assert.match(both, /^Error: copying between containers is not supported\n/);
  assert.equal(
    await shown(['cp', 'a', './b:c']),
    'Error: must specify at least one container source\n[1]',
  );
  assert.equal(await shown(['cp', '', 'a:/']), 'Error: source can not be empty\n[1]');
  assert.equal(await shown(['cp', './b:c', 'a:/']), '[0]');
});
