import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { checkDockerfile } from '../../src/build/check.ts';
import { BaseNotFoundError } from '../../src/build/errors.ts';
import { evaluate } from '../../src/build/frontend/frontend.ts';
import { readDockerfile, readIgnore } from '../../src/build/inputs.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import type { ContainerConfig } from '../../src/oci/image-config.ts';
import { makeNode } from '../../src/sys/node.ts';

/** A folder that is gone with the test. */
function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hostile-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function makePipe(path: string): void {
  makeNode(Buffer.from(path), 'fifo', 0o600);
}

const NOT_A_FILE = { name: 'InvalidInputError', message: /is not a regular file$/ };

test('a Dockerfile that is a pipe, a device or a folder is refused, and nobody waits for it', (t) => {
  const context = folder(t);
  const path = join(context, 'Dockerfile');
  makePipe(path);
  assert.throws(() => readDockerfile(context, undefined), NOT_A_FILE);
  symlinkSync(path, join(context, 'link'));
  assert.throws(() => readDockerfile(context, { path: join(context, 'link') }), NOT_A_FILE);
  assert.throws(() => readDockerfile(context, { path: '/dev/zero' }), NOT_A_FILE);
  assert.throws(() => readDockerfile(context, { path: context }), NOT_A_FILE);
});

test('an ignore file that is a pipe is refused, and nobody waits for it', (t) => {
  const context = folder(t);
  const dockerfile = join(context, 'D');
  makePipe(join(context, '.dockerignore'));
  assert.throws(() => readIgnore(context, dockerfile), NOT_A_FILE);
  makePipe(`${dockerfile}.dockerignore`);
  assert.throws(() => readIgnore(context, dockerfile), NOT_A_FILE);
});

test('files of any size are refused before they are read', (t) => {
  const context = folder(t);
  for (const name of ['Dockerfile', '.dockerignore']) {
    const path = join(context, name);
    writeFileSync(path, '');
    truncateSync(path, 2 ** 40);
  }
  const large = { name: 'InvalidInputError', message: /is larger than 1048576 bytes$/ };
  assert.throws(() => readDockerfile(context, undefined), large);
  assert.throws(() => readIgnore(context, undefined), large);
});

test('ignore files with stars without end are answered', (t) => {
  const context = folder(t);
  const stars = '**/*a'.repeat(200);
  writeFileSync(join(context, '.dockerignore'), `${stars}\n${'?*'.repeat(5000)}x\n`);
  const found = readIgnore(context, undefined);
  assert.ok(found);
  assert.ok(!found.matcher.ignored(`${'a/'.repeat(50)}b`));
  assert.ok(!found.matcher.ignored(`${'b/'.repeat(50)}c`));
});

test('a check reads nothing but the two files it is about, and follows no source', (t) => {
  const context = folder(t);
  mkdirSync(join(context, 'd'));
  makePipe(join(context, 'd/pipe'));
  writeFileSync(
    join(context, 'Dockerfile'),
    'FROM scratch\nCOPY d/pipe ../../etc/passwd /proc/self/environ /x/\nADD http://127.0.0.1:1/x /y\nWORKDIR /proc/self/fd/7\n',
  );
  const platform = { os: 'linux', architecture: 'amd64' };
  const { warnings, error } = checkDockerfile(
    {
      context,
      dockerfile: undefined,
      args: new Map(),
      contexts: new Map(),
      target: undefined,
      platform,
      buildPlatform: platform,
    },
    (name) => {
      throw new BaseNotFoundError(name);
    },
  );
  assert.deepEqual(warnings, []);
  assert.equal(error, undefined);
});

/** Evaluates a stage on an image whose defaults are hostile. */
function onBase(config: ContainerConfig, dockerfile = 'FROM base\nRUN x\n'): readonly string[] {
  const platform = { os: 'linux', architecture: 'amd64' };
  const rootfs = { type: 'layers' as const, diff_ids: [] };
  const { stage } = evaluate(parseDockerfile(dockerfile), {
    args: new Map(),
    target: undefined,
    contexts: new Map(),
    platform,
    buildPlatform: platform,
    origin: '-',
    network: 'none',
    extraHosts: [],
    shmSize: undefined,
    uncached: () => false,
    resolve: () => ({
      name: 'base',
      manifest: 'sha256:',
      layers: [],
      config: { ...platform, config, rootfs },
      platform,
    }),
  });
  return stage.history.map(({ entry }) => entry.created_by ?? '');
}

test('triggers of a base image are single instructions, and never those that may not be', () => {
  const trigger = (text: string): string => {
    try {
      onBase({ OnBuild: [text] });
      return 'taken';
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : 'no error';
    }
  };
  assert.match(trigger('RUN a\nRUN b'), /^DockerfileError: ONBUILD of the base: not a single/);
  assert.match(trigger('ONBUILD RUN x'), /^DockerfileError: ONBUILD of the base: /);
  assert.match(trigger('FROM scratch'), /^DockerfileError: ONBUILD of the base: /);
  assert.match(trigger(''), /^DockerfileError: ONBUILD of the base: /);
  assert.match(trigger(`RUN ${'x'.repeat(2 ** 21)}`), /^DockerfileError: ONBUILD of the base: /);
  assert.match(trigger('# syntax=evil\nFOO'), /^DockerfileError: ONBUILD of the base: /);
  assert.equal(trigger('RUN x'), 'taken');
});

test('triggers without end are answered', () => {
  const OnBuild = Array.from({ length: 20_000 }, (_, index) => `ENV v${index}=$v`);
  assert.equal(onBase({ OnBuild }).length, 20_001);
  const doubled = Array.from(
    { length: 50 },
    (_, index) => `ENV v${index + 1}=a$v${index}$v${index}`,
  );
  assert.throws(() => onBase({ OnBuild: doubled }), { name: 'DockerfileError' });
});

test('defaults of a base image with names such as __proto__ are names', () => {
  const config = JSON.parse(
    '{"Env":["__proto__=x","constructor=y"],"Labels":{"__proto__":"z"},"ExposedPorts":{"__proto__":{}}}',
  ) as ContainerConfig;
  assert.deepEqual(onBase(config, 'FROM base\nLABEL a=$constructor __proto__=b\n'), [
    'LABEL a=y __proto__=b',
  ]);
  assert.equal(Object.hasOwn(Object.prototype, 'b'), false);
});
