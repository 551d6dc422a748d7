import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageIndex } from '../engine/image-index.ts';
import { digestOf } from '../oci/digest.ts';
import { manifestsJson, manifestStructs } from './index-json.ts';
import { template } from './template/template.ts';
import { toJson } from './template/json.ts';

const [index, here, about] = [digestOf('index'), digestOf('here'), digestOf('about')];
const INDEX: ImageIndex = {
  descriptor: { mediaType: 'index', digest: index, size: 3 },
  entries: [
    {
      descriptor: {
        mediaType: 'manifest',
        digest: here,
        size: 5,
        platform: { os: 'linux', architecture: 'arm64', variant: 'v8', 'os.version': '1' },
      },
      kind: 'image',
      available: true,
      content: 10,
      unpacked: 100,
      containers: ['c1'],
    },
    {
      descriptor: { mediaType: 'manifest', digest: about, size: 6, annotations: { a: 'b' } },
      kind: 'attestation',
      about: here,
      available: false,
      content: 0,
      containers: [],
    },
  ],
};
const WANTED = [
  {
    ID: here,
    Descriptor: {
      mediaType: 'manifest',
      digest: here,
      size: 5,
      platform: { architecture: 'arm64', os: 'linux', 'os.version': '1', variant: 'v8' },
    },
    Available: true,
    Size: { Total: 110, Content: 10 },
    Kind: 'image',
    ImageData: {
      Platform: { architecture: 'arm64', os: 'linux', 'os.version': '1', variant: 'v8' },
      Size: { Unpacked: 100 },
      Containers: ['c1'],
    },
  },
  {
    ID: about,
    Descriptor: { mediaType: 'manifest', digest: about, size: 6, annotations: { a: 'b' } },
    Available: false,
    Size: { Total: 0, Content: 0 },
    Kind: 'attestation',
    AttestationData: { For: here },
  },
];

test('manifestsJson() has the members of Docker in their order', () => {
  assert.equal(JSON.stringify(manifestsJson(INDEX)), JSON.stringify(WANTED));
});

test('manifestStructs() gives templates the same, by the names of Go', () => {
  const structs = manifestStructs(INDEX);
  assert.equal(toJson(structs), JSON.stringify(WANTED));
  const source =
    '{{range .}}{{.Kind}} {{with .Descriptor.Platform}}{{.OS}}/{{.Architecture}}{{end}} ' +
    '{{with .ImageData}}{{.Size.Unpacked}}{{end}};{{end}}';
  assert.equal(template(source).execute(structs), 'image linux/arm64 100;attestation  ;');
});
