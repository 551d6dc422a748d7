import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attestationManifest } from '../../image/attestation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { type Digest, digestOf, encoded } from '../../oci/digest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { parseManifest } from '../../oci/parse-manifest.ts';
import { encodeManifest } from '../../oci/write-json.ts';
import { movedAttestation } from './moved-attestation.ts';

const image = (text: string): Descriptor => ({
  mediaType: MediaType.ociManifest,
  digest: digestOf(text),
  size: text.length,
});
const [OLD, NEW] = [image('old'), image('new')];
const OTHER = { name: 'x', digest: { sha256: 'ff' } };
const TYPE = 'https://spdx.dev/Document';

function attested(artifact = false): ReturnType<typeof attestationManifest> {
  const subject = [{ name: 'app', digest: { sha256: encoded(OLD.digest) } }, OTHER];
  const statement = Buffer.from(
    JSON.stringify({ predicateType: TYPE, subject, predicate: { a: 1 } }),
  );
  return attestationManifest(OLD, [{ predicateType: TYPE, statement }], { artifact });
}

const move = (
  entry: Descriptor,
  documents: ReadonlyMap<Digest, Buffer>,
): ReturnType<typeof movedAttestation> =>
  movedAttestation(entry, { from: OLD.digest, to: NEW }, (digest) => documents.get(digest)!);

test('movedAttestation() names the new digest where the old one stood, and nothing else', () => {
  const { entry, documents } = attested();
  const moved = move(entry, documents);
  const manifest = parseManifest(moved?.documents.get(moved.entry.digest) ?? Buffer.alloc(0));
  const statement = moved?.documents.get(manifest.layers[0]!.digest)?.toString() ?? '';
  assert.deepEqual(JSON.parse(statement), {
    predicateType: TYPE,
    subject: [{ name: 'app', digest: { sha256: encoded(NEW.digest) } }, OTHER],
    predicate: { a: 1 },
  });
});

test('movedAttestation() of an artifact has the new subject', () => {
  const { entry, documents } = attested(true);
  const moved = move(entry, documents);
  const manifest = parseManifest(moved?.documents.get(moved.entry.digest) ?? Buffer.alloc(0));
  assert.equal(manifest.subject?.digest, NEW.digest);
});

test('movedAttestation() leaves alone what is signed, or no statement', () => {
  const { entry, documents } = attested();
  const manifest = parseManifest(documents.get(entry.digest)!);
  const [layer] = manifest.layers;
  const signed = encodeManifest({
    ...manifest,
    layers: [{ ...layer!, mediaType: 'application/vnd.dsse.envelope.v1+json' }],
  });
  const other = { ...entry, digest: digestOf(signed) };
  assert.equal(move(other, new Map([...documents, [other.digest, signed]])), undefined);
  const broken = new Map([...documents, [layer!.digest, Buffer.from('{')]]);
  assert.equal(move(entry, broken), undefined);
});
