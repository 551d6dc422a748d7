import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needsRoot } from '../../../test/scratch-images.ts';
import { putIndex, putRemote } from '../../../test/support/remote-image.ts';
import { newPair, type TrustHouse, trustHouse } from '../../../test/support/trust/trust-house.ts';

const skip = needsRoot;
const OWN = newPair('own');
const OTHER = newPair('other');

/** Asserts that nothing of an image can be seen, and that no layer was asked for. */
async function nothingCame({ engine, registry, directory }: TrustHouse): Promise<void> {
  assert.deepEqual(await engine.images.list({ all: true }), []);
  const asked = registry.log.flatMap((line) => /^GET .*\/blobs\/(\S+)/.exec(line)?.[1] ?? []);
  const isLayer = (digest: string): boolean =>
    registry.blobs.get(digest)?.readUInt16BE(0) === 0x1f8b;
  assert.deepEqual(asked.filter(isLayer), []);
  const left = readdirSync(join(directory, 'store/tmp')).filter((name) => !name.startsWith('.'));
  assert.deepEqual(left, []);
}

/** A policy that wants the host's images signed with a key. */
function wantsSigned(at: TrustHouse, key = OWN): void {
  writeFileSync(join(at.directory, 'key.pub'), key.pub.pem);
  const keyPath = join(at.directory, 'key.pub');
  const signed = { type: 'sigstoreSigned', keyPath, signedIdentity: { type: 'matchRepository' } };
  at.policy({
    default: [{ type: 'insecureAcceptAnything' }],
    transports: { docker: { [at.registry.host]: [signed] } },
  });
}

test('pull() with a required signature brings nothing until there is one', { skip }, async () => {
  await using at = await trustHouse();
  const { registry, engine } = at;
  putRemote(registry, 'app', 'v1');
  const name = `${registry.host}/app:v1`;
  const pull = { name, requireSignature: [OWN.pub] };
  await assert.rejects(engine.images.pull(pull), { code: 'UNTRUSTED', message: /is not signed/ });
  await nothingCame(at);
  await engine.trust.sign({ name, key: OTHER.key });
  await assert.rejects(engine.images.pull(pull), /made with another key/);
  await nothingCame(at);
  await engine.trust.sign({ name, key: OWN.key });
  const pulled = await engine.images.pull(pull);
  assert.equal(pulled.isNew, true);
  // It is asked again of what is here.
  const other = { name, requireSignature: [newPair('third').pub] };
  await assert.rejects(engine.images.pull(other), /another key/);
});

test('copy() out of a registry obeys the policy wherever it goes', { skip }, async () => {
  await using at = await trustHouse();
  const { registry, engine, directory } = at;
  putRemote(registry, 'app', 'v1');
  wantsSigned(at);
  const name = `${registry.host}/app:v1`;
  const from = { kind: 'registry', name } as const;
  const layout = join(directory, 'layout');
  const places = [
    { kind: 'registry', name: `${registry.host}/other:v1` },
    { kind: 'layout', path: layout, tag: 'v1' },
    { kind: 'store', name: 'copied:v1' },
  ] as const;
  for (const to of places) {
    const refused = engine.images.copy({ from, to });
    await assert.rejects(refused, { code: 'UNTRUSTED', message: /is not signed/ });
  }
  await nothingCame(at);
  assert.equal(registry.manifests.has('other/v1'), false);
  assert.throws(() => readdirSync(layout), { code: 'ENOENT' });
  await engine.trust.sign({ name, key: OWN.key });
  for (const to of places) await engine.images.copy({ from, to });
});

test('pull() accepts the signature of an index for the image out of it', { skip }, async () => {
  await using at = await trustHouse();
  const { registry, engine } = at;
  const one = putRemote(registry, 'app', 'one');
  putIndex(registry, 'app', 'all', [{ ...one, platform: { os: 'linux', architecture: 'amd64' } }]);
  const name = `${registry.host}/app:all`;
  const platform = { os: 'linux', architecture: 'amd64' };
  const pull = { name, platform, requireSignature: [OWN.pub] };
  await assert.rejects(engine.images.pull(pull), /is not signed/);
  await engine.trust.sign({ name, key: OWN.key });
  await engine.images.pull(pull);
  const { id } = await engine.images.inspect(name);
  await engine.trust.verifyStored({ id, name }, [OWN.pub]);
  await assert.rejects(engine.trust.verifyStored({ id, name }, [OTHER.pub]), /another key/);
});

test('a policy is obeyed by pull() and by FROM', { skip }, async () => {
  await using at = await trustHouse();
  const { registry, engine, directory } = at;
  putRemote(registry, 'app', 'v1');
  const name = `${registry.host}/app:v1`;
  const build = { context: directory, dockerfile: { text: `FROM ${name}\nCOPY key.pub /\n` } };
  wantsSigned(at);
  await assert.rejects(engine.images.pull({ name }), /is not signed/);
  await assert.rejects(engine.build(build), /failed to resolve source metadata .* is not signed/);
  await nothingCame(at);
  // Policies are about names, and bundles have none.
  await engine.trust.sign({ name, key: OWN.key, referrer: true });
  await assert.rejects(engine.images.pull({ name }), /it names no repository/);
  await engine.trust.sign({ name, key: OWN.key });
  const built = await engine.build({ ...build, platform: { os: 'linux', architecture: 'amd64' } });
  assert.ok(built.id);
  await engine.images.pull({ name });
  wantsSigned(at, OTHER);
  await assert.rejects(engine.images.pull({ name }), /another key/);
});

test('a policy that rejects, cannot be checked or cannot be read lets nothing in', async () => {
  await using at = await trustHouse();
  const { registry, engine } = at;
  putRemote(registry, 'app', 'v1');
  const name = `${registry.host}/app:v1`;
  const refuses = (why: RegExp): Promise<void> => assert.rejects(engine.images.pull({ name }), why);
  at.policy({ default: [{ type: 'reject' }] });
  await refuses(/app:v1 is rejected by the policy .*policy\.json$/);
  at.policy({ default: [{ type: 'signedBy', keyType: 'GPGKeys', keyPath: '/x' }] });
  await refuses(/asks of .*app:v1 what cannot be checked here: "signedBy": signatures of GPG$/);
  at.policy({ default: [{ type: 'sigstoreSigned', keyPath: '/nonexistent/key' }] });
  await refuses(/the key \/nonexistent\/key of the policy .* is not there$/);
  at.policy({ default: 'x' });
  await refuses(/the policy .* cannot be used: "default" of it is not a list$/);
  await nothingCame(at);
});

test("the user's policy stands in for that of the machine", { skip }, async () => {
  await using at = await trustHouse();
  const { registry, engine, directory } = at;
  putRemote(registry, 'app', 'v1');
  const name = `${registry.host}/app:v1`;
  at.policy({ default: [{ type: 'reject' }] });
  mkdirSync(join(directory, '.config/containers'), { recursive: true });
  const own = { default: [{ type: 'insecureAcceptAnything' }] };
  writeFileSync(join(directory, '.config/containers/policy.json'), JSON.stringify(own));
  await engine.images.pull({ name });
});

test('verifyStored() refuses what no registry is known to have', { skip }, async () => {
  await using at = await trustHouse();
  const { registry, engine } = at;
  const { trust, images } = engine;
  putRemote(registry, 'app', 'v1');
  const name = `${registry.host}/app:v1`;
  await trust.sign({ name, key: OWN.key });
  const { id } = await images.pull({ name });
  await trust.verifyStored({ id, name }, [OWN.pub]);
  await images.tag(name, `${registry.host}/other:v1`);
  for (const other of [`${registry.host}/other:v1`, 'own:v1', id]) {
    const stored = trust.verifyStored({ id, name: other }, [OWN.pub]);
    await assert.rejects(stored, /no registry is known to have it/);
  }
});

test('verifyStored() knows an image that was built here and pushed', { skip }, async () => {
  await using at = await trustHouse();
  const { registry, engine, directory } = at;
  writeFileSync(join(directory, 'file'), 'content');
  const name = `${registry.host}/made:v1`;
  const text = 'FROM scratch\nCOPY file /\n';
  const { id } = await engine.build({ context: directory, dockerfile: { text }, tags: [name] });
  assert.ok(id);
  const stored = { id, name };
  await assert.rejects(engine.trust.verifyStored(stored, [OWN.pub]), /no registry is known/);
  await engine.images.push({ name });
  await assert.rejects(engine.trust.verifyStored(stored, [OWN.pub]), /is not signed/);
  await engine.trust.sign({ name, key: OWN.key });
  await engine.trust.verifyStored(stored, [OWN.pub]);
});
