import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Engine } from '../../engine/engine.ts';
import type { SignRequest } from '../../engine/trust-types.ts';
import { parseDigest } from '../../oci/digest.ts';
import { UntrustedError } from '../../trust/errors.ts';
import { fakeEngine } from '../testing/fake-engine.ts';
import { type CliResult, runCli } from '../testing/run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'stave-sign-'));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'a.key'), 'private');
writeFileSync(join(folder, 'a.pub'), 'public');

const DIGEST = parseDigest(`sha256:${'ab'.repeat(32)}`);

function engineWith(trust: Partial<Engine['trust']>): Engine {
  const { engine } = fakeEngine();
  return { ...engine, trust: { ...engine.trust, ...trust } };
}

async function run(
  args: readonly string[],
  trust: Partial<Engine['trust']> = {},
  env: Record<string, string> = {},
): Promise<CliResult> {
  return runCli(args, { engine: engineWith(trust), env, cwd: folder });
}

test('sign hands keys, passwords and annotations on', async () => {
  const asked: SignRequest[] = [];
  const trust: Partial<Engine['trust']> = {
    isEncrypted: async () => true,
    async sign(request) {
      asked.push(request);
      return [{ digest: DIGEST, place: `${request.name}.sig`, isNew: request.name === 'a' }];
    },
  };
  const args = ['sign', '--key', 'a.key', '-a', 'x=1', '-y', '--tlog-upload=false', 'a', 'b'];
  const { code, stdout, stderr } = await run(args, trust, { COSIGN_PASSWORD: 'pw' });
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.equal(stdout, `Signed ${DIGEST}: a.sig\nAlready signed ${DIGEST}: b.sig\n`);
  const [first] = asked;
  assert.equal(Buffer.from(first?.key.pem ?? '').toString(), 'private');
  assert.equal(first?.password, 'pw');
  assert.deepEqual(first.annotations, { x: '1' });
});

for (const [args, code, message] of [
  [['sign', 'a'], 125, /--key is missing/],
  [['sign', '--key', 'a.key'], 125, /name of what is to be signed is missing/],
  [['sign', '--key', 'a.key', '--tlog-upload', 'a'], 125, /there is no transparency log/],
  [['sign', '--key', 'gone.key', 'a'], 1, /open gone\.key: no such file or directory/],
  [['sign', '--key', 'env://NONE', 'a'], 1, /variable of env:\/\/NONE is not set/],
  [['sign', '--key', 'awskms://x', 'a'], 1, /not from awskms:\/\//],
  [['sign', '--generate-key', 'a'], 1, /a\.key is there already/],
  [['sign', '--generate-key', 'b'], 1, /no terminal to ask for its password/],
  [['sign', '--generate-key', 'none/b'], 1, /failed to write the key/],
  [['verify', 'a'], 125, /--key or --certificate is missing/],
] as const) {
  test(`stave ${args.join(' ')} is refused in one line`, async () => {
    const ran = await run(args, {}, args[2] === 'none/b' ? { COSIGN_PASSWORD: 'x' } : undefined);
    assert.match(ran.stderr, message);
    assert.equal(ran.code, code);
  });
}

test('sign --generate-key writes two files, the private one for its owner only', async () => {
  const { code, stdout } = await run(
    ['sign', '--generate-key', 'new'],
    {},
    { COSIGN_PASSWORD: '' },
  );
  assert.equal(code, 0);
  assert.equal(stdout, 'Private key: new.key\nPublic key: new.pub\n');
  assert.equal(readFileSync(join(folder, 'new.pub'), 'utf8'), 'public');
  assert.equal(statSync(join(folder, 'new.key')).mode & 0o777, 0o600);
  assert.ok(!existsSync(join(folder, '.new.key.part')));
});

test('verify exits with 10 for what is not signed, and with 12 where no signature counts', async () => {
  const trust: Partial<Engine['trust']> = {
    async verify({ name, anchors }) {
      assert.equal(anchors[0]?.name, 'a.pub');
      if (name !== 'good') throw new UntrustedError(`${name} is bad`, name === 'wrong');
      const annotations = { note: '\u001b[31mred\u0007' };
      const signature = { format: 'cosign', annotations, signer: 'a.pub' } as const;
      return { name, digest: DIGEST, signatures: [signature] };
    },
  };
  const verify = (...names: string[]): Promise<CliResult> =>
    run(['verify', '--key', 'a.pub', ...names], trust);
  assert.deepEqual(await verify('good'), {
    code: 0,
    stdout: 'Verified good\n  by a.pub (cosign) note=red\\x07\n',
    stderr: '',
  });
  assert.equal((await verify('unsigned', 'good')).code, 10);
  const both = await verify('good', 'unsigned', 'wrong');
  assert.equal(both.code, 12);
  assert.match(both.stdout, /^Verified good\n/);
  assert.equal(both.stderr, 'Error: unsigned is bad\nError: wrong is bad\n');
});

test('verify --format json says all in one document', async () => {
  const { stdout } = await run(['verify', '--key', 'a.pub', '--format', 'json', 'app:v1']);
  const [first] = JSON.parse(stdout) as { name: string; signatures: { signer: string }[] }[];
  assert.match(first?.name ?? '', /^app:v1@sha256:/);
  assert.equal(first?.signatures[0]?.signer, 'key.pub');
});
