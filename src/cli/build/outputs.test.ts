import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BuildOutput } from '../../engine/build-types.ts';
import type { Output } from '../output.ts';
import { annotationsOf } from './annotations.ts';
import { attestationsOf } from './attestations.ts';
import { outputsOf } from './outputs.ts';

const notices: string[] = [];

function stream(terminal: boolean): Output {
  return { terminal, write: () => {}, line: () => {}, raw: () => {} };
}

function read(
  texts: readonly string[],
  more: { push?: boolean; load?: boolean; terminal?: boolean; dated?: boolean } = {},
): readonly BuildOutput[] | undefined {
  return outputsOf(texts, {
    cwd: '/here',
    stdout: stream(more.terminal === true),
    push: more.push === true,
    load: more.load === true,
    dated: more.dated === true,
    notice: (line) => notices.push(line),
  });
}

const IMAGE = {
  type: 'image',
  names: [],
  push: false,
  pushByDigest: false,
  insecure: false,
  nameCanonical: false,
  store: true,
};

const READ: readonly (readonly [string, object])[] = [
  ['out', { type: 'local', directory: '/here/out' }],
  ['type=local,dest=/o,mode=delete', { type: 'local', directory: '/o', mode: 'delete' }],
  ['TYPE=tar,Dest=o.tar', { type: 'tar', to: { path: '/here/o.tar' } }],
  [
    'type=tar,dest=o.tar,platform-split=false',
    { type: 'tar', to: { path: '/here/o.tar' }, platformSplit: false },
  ],
  ['type=cacheonly', { type: 'cacheonly' }],
  ['type=docker', { type: 'image', names: [] }],
  ['type=docker,dest=a.tar', { type: 'docker', to: { path: '/here/a.tar' }, names: [] }],
  ['type=oci,dest=d,tar=false', { type: 'oci', to: { directory: '/here/d' }, names: [] }],
  [
    'type=oci,dest=a.tar,"name=app:1,host:5000/app",compression=zstd,compression-level=19',
    {
      type: 'oci',
      to: { path: '/here/a.tar' },
      compression: 'zstd',
      compressionLevel: 19,
      names: ['docker.io/library/app:1', 'host:5000/app:latest'],
    },
  ],
  [
    'type=oci,dest=a.tar,oci-mediatypes=false,force-compression=1,annotation.a=b,annotation-index-descriptor[linux/arm64].c=d=e',
    {
      type: 'oci',
      to: { path: '/here/a.tar' },
      ociMediaTypes: false,
      forceCompression: true,
      annotations: [
        { place: 'manifest', key: 'a', value: 'b' },
        {
          place: 'index-descriptor',
          platform: { os: 'linux', architecture: 'arm64' },
          key: 'c',
          value: 'd=e',
        },
      ],
      names: [],
    },
  ],
  ['type=registry,name=h/a', { ...IMAGE, push: true, names: ['docker.io/h/a:latest'] }],
  [
    'type=image,push-by-digest=true,registry.insecure=true,name-canonical=true,dangling-name-prefix=p,store=false,unpack=true',
    {
      ...IMAGE,
      pushByDigest: true,
      insecure: true,
      nameCanonical: true,
      danglingNamePrefix: 'docker.io/library/p:latest',
      store: false,
    },
  ],
];

for (const [text, expected] of READ) {
  test(`--output ${text}`, () => assert.deepEqual(read([text]), [expected]));
}

test('--output - is a tar on standard output, and so is an archive without dest=', () => {
  for (const text of ['-', 'type=tar', 'type=oci,dest=-']) {
    const [output] = read([text]) ?? [];
    assert.ok(output && 'to' in output && 'write' in output.to, text);
  }
});

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['type=tra,dest=x', /unknown type "tra" \(did you mean tar\?\)$/],
  ['dest=x', /its type is missing/],
  ['type=local', /dest=DIRECTORY is missing/],
  ['type=local,dest=-', /dest cannot be standard output/],
  ['type=local,dest=x,mod=copy', /type=local has no option "mod" \(did you mean mode\?\)$/],
  ['type=local,dest=x,compression=gzip', /type=local has no option "compression"$/],
  ['type=oci,dest=x,compression=gzib', /unknown compression "gzib" \(did you mean gzip\?\)$/],
  ['type=oci,dest=x,compression=estargz', /estargz layers are not written/],
  ['type=oci,dest=x,compression-level=10', /compression-level is 9 at most for gzip/],
  ['type=oci,dest=x,compression-level=x', /compression-level=x is not a number/],
  ['type=oci,dest=x,force-compression=maybe', /neither true nor false/],
  ['type=oci,dest=x,name=BAD', /repository name \(library\/BAD\) must be lowercase/],
  ['type=oci,tar=false', /tar=false needs dest=DIRECTORY/],
  ['type=oci,x', /"x" is not key=value/],
  [
    'type=oci,dest=x,annotation-indx.a=b',
    /unknown annotation type "indx" \(did you mean index\?\)$/,
  ],
  ['', /name a directory or a type/],
  ['type=oci,"dest', /extraneous or missing "/],
];

for (const [text, message] of REFUSED) {
  test(`--output ${JSON.stringify(text)} is refused in one line`, () => {
    assert.throws(
      () => read([text]),
      (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      },
    );
  });
}

test('--output refuses to write to a terminal, and two things to standard output', () => {
  assert.throws(() => read(['-'], { terminal: true }), /refusing to write to console/);
  assert.throws(() => read(['-', 'type=oci']), /two outputs cannot both be written/);
});

test('--push and --load add an image, or push the one that is there', () => {
  assert.equal(read([]), undefined);
  assert.deepEqual(read([], { push: true }), [{ type: 'image', push: true }]);
  assert.deepEqual(read(['out'], { load: true })?.[1], { type: 'image' });
  assert.deepEqual(read(['type=image'], { push: true, load: true }), [{ ...IMAGE, push: true }]);
});

test('rewrite-timestamp says so where it changes nothing', () => {
  notices.length = 0;
  read(['type=oci,dest=x,rewrite-timestamp=true'], { dated: true });
  assert.deepEqual(notices, []);
  read(['type=oci,dest=x,rewrite-timestamp=true']);
  read(['type=oci,dest=x,rewrite-timestamp=false'], { dated: true });
  assert.match(notices.join('\n'), /needs SOURCE_DATE_EPOCH.*\n.*always clamped/);
});

test('--annotation takes types, platforms, and keys with dots and colons', () => {
  const arm = { os: 'linux', architecture: 'arm64' };
  assert.deepEqual(annotationsOf('a.b:c=d=e'), [{ place: 'manifest', key: 'a.b:c', value: 'd=e' }]);
  assert.deepEqual(annotationsOf('index,manifest[linux/arm64]:k=v'), [
    { place: 'index', key: 'k', value: 'v' },
    { place: 'manifest', platform: arm, key: 'k', value: 'v' },
  ]);
  assert.throws(() => annotationsOf('manfest:k=v'), /did you mean manifest/);
  assert.throws(() => annotationsOf('nothing'), /expected \[type\[platform\]:\]key=value/);
});

test('--provenance and --attest: the last word counts, lists of packages, too', () => {
  const asked = (attest: string[], provenance?: string, sbom?: string) =>
    attestationsOf({ attest, provenance, sbom });
  const min = { mode: 'min', version: 'v1' };
  assert.deepEqual(asked([]), {});
  assert.deepEqual(asked([], 'true'), { provenance: min });
  assert.deepEqual(asked(['type=provenance,mode=max'], 'false'), {});
  assert.deepEqual(
    asked(['type=provenance,mode=max,version=v0.2,builder-id=me,reproducible=true']),
    {
      provenance: { mode: 'max', version: 'v0.2', builderId: 'me', reproducible: true },
    },
  );
  assert.deepEqual(asked(['type=sbom'], undefined, 'false'), {});
  assert.deepEqual(asked(['type=sbom,disabled=true'], undefined, 'true'), { sbom: true });
  assert.throws(() => asked(['type=sbom,generator=x']), /made by stave, not by images/);
  assert.throws(() => asked(['type=provenance,mod=max']), /did you mean mode/);
  assert.throws(() => asked(['mode=max']), /its type is missing/);
});
