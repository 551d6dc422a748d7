import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DiffId } from '../../oci/digest.ts';
import {
  base64,
  LEAKS_OF_INSTRUCTIONS,
  LEAKS_OF_RUN,
  VALUE,
  type Construction,
} from '../testing/leaks.ts';
import { bench, root, RUN, type Bench } from '../testing/bench.ts';
import type { BuildInput } from '../build-input.ts';
import { SecretLeakError } from './errors.ts';

const secrets = (value = VALUE, id = 'token'): Partial<BuildInput> => ({
  run: { ...RUN, secrets: new Map([[id, Buffer.from(value)]]) },
});

/** Builds, and gives the error; a second time, to see that nothing was remembered. */
async function leak(house: Bench, one: Construction, input: Partial<BuildInput>): Promise<Error> {
  for (const [path, text] of Object.entries(one.files ?? {})) house.write(path, text);
  const dockerfile = one.dockerfile ?? 'FROM scratch\nRUN --mount=type=secret,id=token make\n';
  const { write } = one;
  const meanwhile = (_: unknown, upper: string): Promise<void> => Promise.resolve(write?.(upper));
  for (let turn = 0; ; turn += 1) {
    const error: unknown = await house
      .build(dockerfile, { ...input, ...one.input }, meanwhile)
      .then(
        () => assert.fail('it was built'),
        (reason: unknown) => reason,
      );
    assert.ok(error instanceof SecretLeakError, String(error));
    if (turn === 1) return error;
  }
}

for (const [name, one] of Object.entries({ ...LEAKS_OF_RUN, ...LEAKS_OF_INSTRUCTIONS })) {
  test(`a secret is found: ${name}`, root, async (t) => {
    const house = bench(t);
    const error = await leak(house, one, secrets());
    assert.match(error.message, /^failed to build: the secret "token" leaks: /);
    assert.match(error.message, one.says);
    assert.doesNotMatch(error.message, /\n/);
    // A literal in the Dockerfile lies there anyway.
    const said = JSON.stringify(error, Object.getOwnPropertyNames(error));
    for (const form of [VALUE, encodeURIComponent(VALUE), base64(VALUE)]) {
      assert.ok(!said.includes(form), said);
    }
    assert.deepEqual(house.scratch(), []);
    if (one.write) {
      assert.equal(grep(house.store.paths.root, VALUE), '');
      assert.deepEqual(readdirSync(house.store.paths.layers), []);
    }
  });
}

function grep(directory: string, text: string): string {
  try {
    return execFileSync('grep', ['-rlaF', '--', text, directory], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

test('a secret that goes nowhere leaves no trace in the store', root, async (t) => {
  const house = bench(t);
  let seen = '';
  await house.build(
    'FROM scratch\nRUN --mount=type=secret,id=token make\n',
    secrets(),
    (_store, upper, { mounts }) => {
      seen = JSON.stringify(mounts);
      writeFileSync(join(upper, 'made'), 'of it');
      return Promise.resolve();
    },
  );
  assert.match(seen, /secret/);
  assert.equal(grep(house.store.paths.root, VALUE), '');
});

test(
  'a step that was made before its value was a secret is searched, and only once',
  root,
  async (t) => {
    const house = bench(t);
    house.write('f', VALUE);
    house.write('g', 'nothing');
    await house.build('FROM scratch\nCOPY f /f\n');
    await assert.rejects(
      house.build('FROM scratch\nCOPY f /f\n', secrets()),
      /in an earlier build/,
    );
    const { config } = await house.build('FROM scratch\nCOPY g /g\n');
    await house.build('FROM scratch\nCOPY g /g\n', secrets());
    // A layer never changes; one that does tells whether it was read.
    const [layer] = config.rootfs.diff_ids;
    const path = join(house.store.paths.layerFs(layer as DiffId), 'g');
    writeFileSync(path, VALUE);
    await house.build('FROM scratch\nCOPY g /g\n', secrets());
    await house.build('FROM scratch\nCOPY g /g\n', secrets(VALUE, 'called otherwise'));
    await assert.rejects(
      house.build('FROM scratch\nCOPY g /g\n', secrets(VALUE.slice(4))),
      SecretLeakError,
    );
  },
);

test('what is allowed to leak does', root, async (t) => {
  const house = bench(t);
  house.write('f', VALUE);
  const built = await house.build('FROM scratch\nCOPY f /f\n', {
    ...secrets(),
    allowLeaks: ['token'],
  });
  assert.equal(built.steps, 1);
});

test('a build argument that is a secret must not be in the history', root, async (t) => {
  const input = { args: new Map([['API_TOKEN', 'f3a9c17b-E0d2']]) };
  const dockerfile = 'FROM scratch\nARG API_TOKEN\nCOPY <<EOF /f\nEOF\n';
  await assert.rejects(bench(t).build(dockerfile, input), (error: unknown) => {
    assert.ok(error instanceof SecretLeakError);
    assert.match(
      error.message,
      /the build argument "API_TOKEN" leaks: the history \(ARG\) has it, written by ARG \(Dockerfile:2\)/,
    );
    assert.match(error.hint ?? '', /--secret id=API_TOKEN,env=API_TOKEN/);
    return true;
  });
});

test('a build argument may be in a stage that is not part of the image', root, async (t) => {
  const house = bench(t);
  house.write('h', '');
  const value = 'f3a9c17b-E0d2';
  house.write('f', value);
  const dockerfile =
    'FROM scratch AS one\nARG API_TOKEN\nCOPY f h /\nFROM scratch\nCOPY --from=one /h /\n';
  const built = await house.build(dockerfile, { args: new Map([['API_TOKEN', value]]) });
  assert.equal(built.steps, 2);
});

test('arguments that are no secrets never fail a build', root, async (t) => {
  const house = bench(t);
  for (const [name, value] of [
    ['VERSION', '1'],
    ['PASSWORD', 'hunter2'],
    ['CACHE_KEY', 'node-22-bookworm'],
  ] as const) {
    await house.build(`FROM scratch\nARG ${name}\nENV X=$${name}\nCOPY <<EOF /f\n${value}\nEOF\n`, {
      args: new Map([[name, value]]),
    });
  }
});

test('an SSH key that a build was given must not be in a layer', root, async (t) => {
  const house = bench(t);
  const key = join(house.path('.'), '../id_test');
  const pair = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  writeFileSync(key, pair.privateKey);
  house.write('copy', pair.privateKey);
  house.write('public', pair.publicKey);
  const input = { run: { ...RUN, ssh: new Map([['default', [key]]]) } };
  await house.build('FROM scratch\nCOPY public /f\n', input);
  await assert.rejects(
    house.build('FROM scratch\nCOPY copy /f\n', input),
    /the SSH key "default" leaks: \/f has it/,
  );
});

test('a password in the URL of a build argument must not be in a layer', root, async (t) => {
  const house = bench(t);
  house.write('f', 'p4ss-w0rd');
  await assert.rejects(
    house.build('FROM scratch\nCOPY f /\n', {
      args: new Map([['HTTP_PROXY', 'http://u:p4ss-w0rd@proxy:1']]),
    }),
    /"HTTP_PROXY" leaks: \/f has it/,
  );
});

test('passwords for registries and in URLs of contexts must not be in a layer', root, async (t) => {
  const house = bench(t);
  const auth = base64('user:l0gin-p4ss');
  house.write('config.json', `{"auths":{"r.example.com":{"auth":"${auth}"}}}`);
  const dockerfile = 'FROM scratch\nCOPY config.json /\n';
  const logins = new Map([['r.example.com', ['l0gin-p4ss']]]);
  await assert.rejects(
    house.build(dockerfile, { logins }),
    /the password for r\.example\.com leaks: \/config\.json has it as base64/,
  );
  const urls = new Map([['context', 'https://user:l0gin-p4ss@git.example.com/r.git']]);
  await assert.rejects(house.build(dockerfile, { urls }), /the URL of "context" leaks/);
});
