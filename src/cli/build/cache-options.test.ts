import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../base/errors.ts';
import { cacheRequest } from './cache-options.ts';

const HOST = { cwd: '/w', env: {} };
const DIGEST = `sha256:${'a'.repeat(64)}`;

test('cacheRequest() takes a bare reference for a registry, in both directions', () => {
  const { from, to, inline } = cacheRequest(['r.example/app:cache'], ['r.example/app:cache'], HOST);
  assert.deepEqual(from, [{ place: { type: 'registry', reference: 'r.example/app:cache' } }]);
  assert.deepEqual(
    [to?.[0]?.place, to?.[0]?.mode, inline],
    [{ type: 'registry', reference: 'r.example/app:cache' }, 'min', false],
  );
});

test('cacheRequest() makes directories absolute and reads tags, digests and quoted values', () => {
  const { from } = cacheRequest([`"type=local","src=a,b",tag=t,digest=${DIGEST}`], [], HOST);
  assert.deepEqual(from, [
    { place: { type: 'local', path: '/w/a,b', tag: 't', digest: DIGEST, reset: false } },
  ]);
});

test('cacheRequest() reads how a cache is written', () => {
  const text =
    'type=local,dest=/c,mode=max,compression=zstd,compression-level=9,force-compression=true,ignore-error=1,image-manifest=false,reset=true';
  const { to } = cacheRequest([], [text, 'type=inline'], HOST);
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
  assert.equal(cacheRequest([], ['type=inline'], HOST).inline, true);
});

test('cacheRequest() reads which cache mounts travel', () => {
  const mounts = (text: string): unknown =>
    cacheRequest([], [`type=local,dest=/c${text}`], HOST).to?.[0]?.mounts;
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
      () => cacheRequest([], [text], HOST),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  });
}

test('cacheRequest() says that an inline cache is read through its image', () => {
  assert.throws(() => cacheRequest(['type=inline'], [], HOST), /part of an image/);
});

test('cacheRequest() reads a bucket, and takes what is missing from the environment', () => {
  const env = {
    AWS_REGION: 'eu-north-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
  };
  const text =
    'type=s3,bucket=b,name=main,prefix=team/,endpoint_url=http://h:1,use_path_style=true';
  const { from } = cacheRequest([text], [], { cwd: '/', env });
  assert.deepEqual(from?.[0]?.place, {
    type: 's3',
    bucket: 'b',
    region: 'eu-north-1',
    name: 'main',
    prefix: 'team/',
    blobsPrefix: 'blobs/',
    manifestsPrefix: 'manifests/',
    endpoint: 'http://h:1',
    pathStyle: true,
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
  });
  const typed = 'type=s3,bucket=b,region=r,access_key_id=a,secret_access_key=hunter2';
  assert.doesNotThrow(() => cacheRequest([], [typed], HOST));
  for (const wrong of ['', ',access_key_id=a,mode=all', ',access_key_id=a,bukket=c']) {
    const text = `type=s3,bucket=b,region=r,secret_access_key=hunter2${wrong}`;
    assert.throws(
      () => cacheRequest([], [text], HOST),
      (error) => error instanceof UsageError && !error.message.includes('hunter2'),
    );
  }
});
