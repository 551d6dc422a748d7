import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../base/errors.ts';
import { cacheRequest } from './cache-options.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test('cacheRequest() takes a bare reference for a registry, in both directions', () => {
  const { from, to, inline } = cacheRequest(['r.example/app:cache'], ['r.example/app:cache'], '/w');
  assert.deepEqual(from, [{ place: { type: 'registry', reference: 'r.example/app:cache' } }]);
  assert.deepEqual(
    [to?.[0]?.place, to?.[0]?.mode, inline],
    [{ type: 'registry', reference: 'r.example/app:cache' }, 'min', false],
  );
});

test('cacheRequest() makes directories absolute and reads tags, digests and quoted values', () => {
  const { from } = cacheRequest([`"type=local","src=a,b",tag=t,digest=${DIGEST}`], [], '/w');
  assert.deepEqual(from, [
    { place: { type: 'local', path: '/w/a,b', tag: 't', digest: DIGEST, reset: false } },
  ]);
});

test('cacheRequest() reads how a cache is written', () => {
  const text =
    'type=local,dest=/c,mode=max,compression=zstd,compression-level=9,force-compression=true,ignore-error=1,image-manifest=false,reset=true';
  const { to } = cacheRequest([], [text, 'type=inline'], '/w');
  assert.deepEqual(to, [
    {
      place: { type: 'local', path: '/c', tag: 'latest', reset: true },
      mode: 'max',
      compression: 'zstd',
      level: 9,
      force: true,
      family: 'oci',
      imageManifest: false,
      ignoreError: true,
    },
  ]);
  assert.equal(cacheRequest([], ['type=inline'], '/w').inline, true);
});

test('cacheRequest() reads which cache mounts travel', () => {
  const mounts = (text: string): unknown =>
    cacheRequest([], [`type=local,dest=/c${text}`], '/w').to?.[0]?.mounts;
  assert.equal(mounts(''), undefined);
  assert.deepEqual(mounts(',mounts=all'), {});
  assert.deepEqual(mounts(',"mounts=npm,go",mounts-max=1g'), {
    ids: ['npm', 'go'],
    most: 1024 ** 3,
  });
});

for (const [text, message] of [
  ['type=local,dest=/c,mounts-max=1g', /limits mounts=/],
  ['type=local,dest=/c,mounts=all,mounts-max=lots', /invalid size: 'lots'/],
  ['type=registri,ref=a', /unknown cache type "registri"/],
  ['type=local', /dest= names the directory/],
  ['dest=/c', /says no type/],
  ['type=local,dest=/c,mod=max', /unknown option "mod"/],
  ['type=local,dest=/c,mode=all', /mode is min or max/],
  ['type=local,dest=/c,compression=lz4', /unsupported compression "lz4"/],
  ['type=local,dest=/c,compression-level=99', /number up to 9/],
  ['type=local,dest=/c,oci-mediatypes=false,image-manifest=true', /needs oci-mediatypes=true/],
  ['type=gha', /GitHub Actions .* not available/],
  ['type=local,"dest=/c', /parse error/],
] as const) {
  test(`cacheRequest() refuses --cache-to ${text}`, () => {
    assert.throws(
      () => cacheRequest([], [text], '/w'),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  });
}

test('cacheRequest() says that an inline cache is read through its image', () => {
  assert.throws(() => cacheRequest(['type=inline'], [], '/w'), /part of an image/);
});
