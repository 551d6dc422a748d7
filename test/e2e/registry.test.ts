import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { putRemote, remoteParts } from '../support/remote-image.ts';
import { TestRegistry } from '../support/test-registry.ts';
import { House, skip } from './house.ts';

/** Runs the program without stopping this process, which is the registry. */
async function stave(
  house: House,
  args: readonly string[],
  input = '',
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [name = '', ...rest] = house.command(args);
  const env = { ...process.env, HOME: house.directory, DOCKER_CONFIG: '' };
  const child = spawn(name, rest, { env });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}

test('an image goes to a registry and comes back, with a login', { skip }, async () => {
  await using registry = await TestRegistry.open({ auth: 'token' });
  using house = new House();
  house.base();
  const name = `${registry.host}/team/app:v1`;
  house.must(['tag', 'base', name]);

  const early = await stave(house, ['push', name]);
  assert.equal(early.code, 1);
  assert.match(early.stderr, /refuses anonymous access/);
  assert.deepEqual(
    await stave(house, ['login', '-u', 'alice', '--password-stdin', registry.host], 's3cret\n'),
    {
      code: 0,
      stdout: 'Login Succeeded\n',
      stderr: `
WARNING! Your credentials are stored unencrypted in '${house.directory}/.docker/config.json'.
Configure a credential helper to remove this warning. See
https://docs.docker.com/go/credential-store/

`,
    },
  );
  const pushed = await stave(house, ['push', name]);
  const [, layer = ''] = /^([0-9a-f]{12}): Pushed$/m.exec(pushed.stdout) ?? [];
  const [, digest = ''] = /^v1: digest: (sha256:\S+) size: \d+$/m.exec(pushed.stdout) ?? [];
  assert.equal(
    pushed.stdout,
    `The push refers to repository [${registry.host}/team/app]
${layer}: Preparing
${layer}: Pushed
${/^v1: digest.*$/m.exec(pushed.stdout)?.[0]}
`,
  );
  const again = await stave(house, ['pull', name]);
  assert.equal(
    again.stdout,
    `v1: Pulling from team/app
Digest: ${digest}
Status: Image is up to date for ${name}
${name}
`,
  );
  house.must(['rmi', '-f', name]);
  assert.equal((await stave(house, ['pull', '-q', name])).stdout, `${name}\n`);
  assert.deepEqual(await stave(house, ['logout', registry.host]), {
    code: 0,
    stdout: `Removing login credentials for ${registry.host}\n`,
    stderr: '',
  });
  assert.equal((await stave(house, ['pull', name])).code, 1);
});

test('a pull that is killed goes on where it was', { skip }, async () => {
  await using registry = await TestRegistry.open();
  using house = new House();
  putRemote(registry, 'team/app', 'v1');
  const { large } = remoteParts();
  const [name = '', ...rest] = house.command(['pull', `${registry.host}/team/app:v1`]);
  const first = spawn(name, rest, { stdio: 'ignore' });
  const half = new Promise<void>((resolve) => {
    registry.fault = ({ response, url }) => {
      if (registry.blobs.get(url.pathname.split('/').at(-1) ?? '')?.length !== large.length) {
        return false;
      }
      response.setHeader('content-length', large.length);
      response.write(large.subarray(0, large.length / 2));
      // By then it has been written; until it is killed it waits for the rest.
      setTimeout(resolve, 500);
      return true;
    };
  });
  await half;
  first.kill('SIGKILL');
  await once(first, 'close');
  registry.fault = undefined;
  registry.sent = 0;
  const second = await stave(house, ['pull', '-q', `${registry.host}/team/app:v1`]);
  assert.equal(second.code, 0, second.stderr);
  assert.ok(registry.sent < large.length * 0.6, `${registry.sent} bytes were sent again`);
  assert.deepEqual(house.litter(), []);
});

test('run brings an image that is not here, unless it is told not to', { skip }, async () => {
  await using registry = await TestRegistry.open();
  using house = new House();
  house.base();
  const name = `${registry.host}/base:v1`;
  house.must(['tag', 'base', name]);
  assert.equal((await stave(house, ['push', name])).code, 0);
  house.must(['rmi', name, 'base']);
  const run = ['run', '--rm', '--network', 'none'];
  const refused = await stave(house, [...run, '--pull', 'never', name, 'true']);
  assert.deepEqual([refused.code, refused.stdout], [125, '']);
  assert.match(refused.stderr, /^Error: No such image: /);
  const ran = await stave(house, [...run, name, 'echo', 'hello']);
  assert.deepEqual([ran.code, ran.stdout], [0, 'hello\n']);
  assert.match(
    ran.stderr,
    new RegExp(`^Unable to find image '${name}' locally\nv1: Pulling from base\n`),
  );
  assert.equal((await stave(house, [...run, name, 'echo', 'hello'])).stderr, '');
});

test(
  'manifest inspect LIST IMAGE shows what is in the list, and nothing else',
  { skip },
  async () => {
    await using registry = await TestRegistry.open();
    using house = new House();
    const { digest } = putRemote(registry, 'app', 'amd64');
    putRemote(registry, 'app', 'arm64', { architecture: 'arm64' });
    const { host } = registry;
    const name = (tag: string): string => `${host}/app:${tag}`;
    assert.equal((await stave(house, ['manifest', 'create', name('1'), name('amd64')])).code, 0);
    const shown = await stave(house, ['manifest', 'inspect', name('1'), name('amd64')]);
    assert.match(shown.stdout, /"layers"/);
    const list = await stave(house, ['manifest', 'inspect', name('1')]);
    assert.ok(list.stdout.includes(digest));
    const other = await stave(house, ['manifest', 'inspect', name('1'), name('arm64')]);
    assert.equal(other.code, 1);
    assert.match(other.stderr, /app:arm64 is not in the list .*app:1/);
  },
);
