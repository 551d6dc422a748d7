import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { send } from '../support/served-registry.ts';
import { exec, House, skip, top } from './house.ts';

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** Asks until it is ready; a container that ended is not waited for. */
async function ready(house: House, url: string): Promise<void> {
  for (;;) {
    const status = await send(url, 'GET', '/readyz').then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    const state = house.must(['inspect', '-f', '{{.State.Status}}', 'registry']);
    if (state.trim() === 'exited') throw new Error(house.must(['logs', 'registry']));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test(
  'the image of the registry runs, keeps what it gets, and needs no root',
  { skip },
  async () => {
    using house = new House();
    const env = { ...process.env, STAVE_ROOT: house.root };
    const built = exec([join(top, 'scripts/registry-image.sh'), '-q', '-t', 'registry'], { env });
    assert.equal(built.code, 0, built.stderr);
    const config = JSON.parse(house.must(['inspect', '-f', '{{json .Config}}', 'registry'])) as {
      readonly User: string;
      readonly StopSignal: string;
      readonly ExposedPorts: object;
      readonly Volumes: object;
      readonly Healthcheck: object;
    };
    assert.equal(config.User, '65532:65532');
    assert.equal(config.StopSignal, 'SIGTERM');
    assert.deepEqual(Object.keys(config.ExposedPorts), ['5000/tcp']);
    assert.deepEqual(Object.keys(config.Volumes), ['/var/lib/registry']);
    assert.ok(config.Healthcheck);
    house.base();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const line = ['run', '-d', '-p', `${port}:5000`, '--restart', 'always', '--name', 'registry'];
    house.must([...line, 'registry']);
    try {
      await ready(house, url);
      const name = `127.0.0.1:${port}/team/app:v1`;
      house.must(['tag', 'base', name]);
      house.must(['push', name]);
      house.must(['rmi', name, 'base']);
      house.must(['restart', 'registry']);
      await ready(house, url);
      house.must(['pull', name]);
      assert.equal(
        house.must(['run', '--rm', '--network', 'none', name, 'echo', 'works']),
        'works\n',
      );
      const settings = house.context({ 'registry.yaml': 'storage: { data: /var/lib/registry }\n' });
      const mount = ['-v', `${settings}:/etc/stave:ro`, '--network', 'none'];
      const shown = house.must([
        'run',
        '--rm',
        ...mount,
        'registry',
        'config',
        '/etc/stave/registry.yaml',
      ]);
      assert.match(shown, /data: \/var\/lib\/registry/);
      house.must(['stop', 'registry']);
      const code = house.must(['inspect', '-f', '{{.State.ExitCode}}', 'registry']);
      assert.equal(code, '0\n');
    } finally {
      house.stave(['rm', '-f', '-v', 'registry']);
    }
  },
);
