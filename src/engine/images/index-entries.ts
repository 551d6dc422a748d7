import { isAttestation, REFERENCE_DIGEST } from '../../image/attestation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { isDigest } from '../../oci/digest.ts';
import { parseIndex } from '../../oci/parse-manifest.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow, IndexRow, Tables } from '../../store/tables.ts';
import type { ImageIndex, IndexEntry } from '../image-index.ts';
import { weigh, type Weights } from '../system/weights.ts';

/** What an index lists, and what of it is here. */
export function describeIndex(store: Store, index: IndexRow): ImageIndex {
  const { manifests } = parseIndex(store.blobs.readSync(index.digest));
  return store.read((tables) => {
    const weights = weigh(tables);
    const entries = manifests.map((descriptor) => entryOf(tables, weights, index, descriptor));
    return { descriptor: index.descriptor, entries };
  });
}

function entryOf(
  tables: Tables,
  weights: Weights,
  { members }: IndexRow,
  descriptor: Descriptor,
): IndexEntry {
  const { digest, annotations } = descriptor;
  if (isAttestation(descriptor)) {
    const about = annotations?.[REFERENCE_DIGEST] ?? '';
    const content = weights.blob(digest);
    return {
      descriptor,
      kind: 'attestation',
      available: content > 0,
      content,
      containers: [],
      ...(isDigest(about) && { about }),
    };
  }
  const member = members.find(({ manifest }) => manifest.digest === digest);
  const row = member && tables.images.get(member.image);
  return {
    descriptor,
    kind: 'image',
    available: row !== undefined,
    content: row ? contentOf(tables, weights, row) : weights.blob(digest),
    containers: row
      ? tables.containers
          .list()
          .filter(({ image }) => image === row.id)
          .map(({ id }) => id)
      : [],
    ...(row && { unpacked: row.size }),
  };
}

/** Bytes of the blobs of an image: its documents, and layers that are kept as they came. */
export function contentOf(tables: Tables, weights: Weights, row: ImageRow): number {
  return weights
    .stack(row.chain)
    .flatMap((diffId) => tables.blobs.layerBlobs(diffId))
    .reduce((sum, { digest }) => sum + weights.blob(digest), weights.documents(row));
}
