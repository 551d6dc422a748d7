import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseManifest } from './choose-manifest.ts';
import type { Descriptor } from './descriptor.ts';
import { digestOf } from './digest.ts';
import { MediaType } from './media-types.ts';

const entry = (name: string, extra: Partial<Descriptor> = {}): Descriptor => {
  const [os = '', architecture = '', variant] = name.split('/');
  return {
    mediaType: MediaType.ociManifest,
    digest: digestOf(name + JSON.stringify(extra)),
    size: 1,
    platform: { os, architecture, ...(variant !== undefined && { variant }) },
    ...extra,
  };
};

const choose = (names: readonly string[], wanted: string): string | undefined => {
  const [os = '', architecture = '', variant] = wanted.split('/');
  const entries = names.map((name) => entry(name));
  const platform = { os, architecture, ...(variant !== undefined && { variant }) };
  const found = chooseManifest(entries, platform);
  return names[entries.indexOf(found as Descriptor)];
};

test('chooseManifest() takes the variant that was asked for, or the nearest below', () => {
  const names = ['linux/arm/v7', 'linux/amd64/v3', 'linux/amd64', 'linux/386'];
  assert.equal(choose(names, 'linux/amd64'), 'linux/amd64');
  assert.equal(choose(names, 'linux/amd64/v4'), 'linux/amd64/v3');
  assert.equal(choose(['linux/amd64', 'linux/amd64/v2'], 'linux/amd64/v3'), 'linux/amd64/v2');
  assert.equal(choose(['linux/arm/v5', 'linux/arm/v6'], 'linux/arm/v7'), 'linux/arm/v6');
  assert.equal(choose(['linux/arm64/v8', 'linux/arm/v7'], 'linux/arm64'), 'linux/arm64/v8');
});

test('chooseManifest() falls back to a smaller relative, then to what says nothing', () => {
  assert.equal(choose(['linux/386', 'linux/arm64'], 'linux/amd64'), 'linux/386');
  assert.equal(choose(['linux/arm/v6', 'linux/arm/v7'], 'linux/arm64'), 'linux/arm/v7');
  const silent: Descriptor = { mediaType: MediaType.ociManifest, digest: digestOf('x'), size: 1 };
  const wanted = { os: 'linux', architecture: 'amd64' };
  assert.equal(chooseManifest([entry('linux/s390x'), silent], wanted), silent);
});

test('chooseManifest() finds nothing among others', () => {
  assert.equal(
    choose(['windows/amd64', 'linux/s390x', 'linux/amd64/v3'], 'linux/amd64'),
    undefined,
  );
});

test('chooseManifest() never takes an attestation', () => {
  const marked = { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } };
  const odd = entry('linux/amd64', marked);
  const unknown = entry('unknown/unknown');
  const image = entry('linux/amd64');
  const wanted = { os: 'linux', architecture: 'amd64' };
  assert.equal(chooseManifest([unknown, odd, image], wanted), image);
  assert.equal(chooseManifest([unknown, odd], wanted), undefined);
});

test('chooseManifest() takes the first among equals', () => {
  const [first, second] = [entry('linux/amd64', { size: 1 }), entry('linux/amd64', { size: 2 })];
  assert.equal(chooseManifest([first, second], { os: 'linux', architecture: 'amd64' }), first);
});
