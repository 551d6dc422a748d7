import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect, once } from '../base/bytes.ts';
import { attestationManifest } from '../image/attestation.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { parseIndex, parseManifest } from '../oci/parse-manifest.ts';
import { convertedSource } from './converted-source.ts';
import type { Source } from './transport.ts';

/** Documents in memory; the last one is the root. */
class Documents implements Source {
  readonly label = 'memory';
  readonly #blobs = new Map<Digest, Buffer>();
  #root: Descriptor | undefined;

  add(mediaType: string, content: object | Buffer): Descriptor {
    const data = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content, null, 1));
    this.#root = { mediaType, digest: digestOf(data), size: data.length };
    this.#blobs.set(this.#root.digest, data);
    return this.#root;
  }

  root(): Promise<Descriptor> {
    return Promise.resolve(this.#root!);
  }

  async fetch({ digest }: Descriptor): Promise<AsyncIterable<Uint8Array>> {
    return once(this.#blobs.get(digest)!);
  }
}

function image(
  documents: Documents,
  layerType: string = MediaType.ociLayerGzip,
  more: object = {},
): Descriptor {
  const config = documents.add(MediaType.ociConfig, {});
  const layers = [documents.add(layerType, Buffer.from('layer'))];
  const mediaType = MediaType.ociManifest;
  return documents.add(mediaType, { schemaVersion: 2, mediaType, config, layers, ...more });
}

const read = async (source: Source, node: Descriptor): Promise<Buffer> =>
  collect(await source.fetch(node));

test('convertedSource() leaves what has the format already as it is, byte for byte', async () => {
  const documents = new Documents();
  const root = image(documents, MediaType.ociLayerZstd, { annotations: { a: 'b' } });
  const same = await convertedSource(documents, { family: 'oci' });
  assert.deepEqual(await same.root(), root);
});

test('convertedSource() has words of Docker for documents and layers, and drops annotations', async () => {
  const documents = new Documents();
  image(documents, MediaType.ociLayerGzip, { annotations: { a: 'b' } });
  const docker = await convertedSource(documents, { family: 'docker' });
  const manifest = parseManifest(await read(docker, await docker.root()));
  assert.deepEqual(
    [manifest.mediaType, manifest.config.mediaType, manifest.layers[0]?.mediaType],
    [MediaType.dockerManifest, MediaType.dockerConfig, MediaType.dockerLayerGzip],
  );
  assert.equal(manifest.annotations, undefined);
});

test('convertedSource() refuses what the format has no word for', async () => {
  const documents = new Documents();
  image(documents, MediaType.ociLayerZstd);
  await assert.rejects(
    convertedSource(documents, { family: 'docker' }),
    /no type for the zstd layer/,
  );
});

test('convertedSource() of an index lets claims name what their image has become', async () => {
  const documents = new Documents();
  const own = image(documents);
  const claims = [{ predicateType: 'x', statement: Buffer.from('{}') }];
  const { entry, documents: made } = attestationManifest(own, claims, { artifact: true });
  for (const data of made.values()) documents.add('x/x', data);
  const mediaType = MediaType.ociIndex;
  // The claim may come first.
  documents.add(mediaType, { schemaVersion: 2, mediaType, manifests: [entry, own] });
  const docker = await convertedSource(documents, { family: 'docker' });
  const [claim, turned] = parseIndex(await read(docker, await docker.root())).manifests;
  assert.ok(claim && turned);
  assert.notEqual(turned.digest, own.digest);
  assert.equal(claim.annotations?.['vnd.docker.reference.digest'], turned.digest);
  assert.equal(parseManifest(await read(docker, claim)).subject?.digest, turned.digest);
});

test('convertedSource() writes an index without what is not there', async () => {
  const documents = new Documents();
  const own = image(documents);
  const gone = { ...own, digest: digestOf('gone') };
  const mediaType = MediaType.ociIndex;
  documents.add(mediaType, { schemaVersion: 2, mediaType, manifests: [gone, own] });
  const select = (child: Descriptor): boolean => child.digest === own.digest;
  const docker = await convertedSource(documents, { family: 'docker', select });
  const { manifests } = parseIndex(await read(docker, await docker.root()));
  assert.equal(manifests.length, 1);
});
