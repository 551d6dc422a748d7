import type { Digest, DiffId } from '../src/oci/digest.ts';
import { chainId, digestOf } from '../src/oci/digest.ts';
import type { ImageConfig } from '../src/oci/image-config.ts';
import { MediaType } from '../src/oci/media-types.ts';
import { canonicalName, parseReference } from '../src/oci/reference.ts';
import { encodeConfig, encodeManifest } from '../src/oci/write-json.ts';
import { identify } from '../src/runtime/process-identity.ts';
import type { Store } from '../src/store/store.ts';
import type { ContainerRow } from '../src/store/tables.ts';
import { bootId } from '../src/sys/boot.ts';

/** What a test says of an image; the rest does not matter to it. */
export interface ImageFacts {
  readonly parent?: Digest;
  /** Milliseconds since the epoch; `undefined` for an image that does not say. */
  readonly createdAt?: number | undefined;
  readonly storedAt?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly config?: Partial<ImageConfig>;
  /** Layers by their content's size; `seed` tells equal ones apart. Rows only, no directories. */
  readonly layers?: readonly { readonly seed: string; readonly size: number }[];
}

/** Puts an image into the database, its config and manifest among the blobs, and no layers on disk. */
export function addImage(
  store: Store,
  seed: string,
  names: readonly string[],
  facts: ImageFacts = {},
): Digest {
  const layers = (facts.layers ?? []).map(({ seed, size }) => ({
    diffId: digestOf(`layer ${seed}`) as string as DiffId,
    size,
  }));
  const config = store.blobs.putSync(
    encodeConfig({
      architecture: 'amd64',
      os: 'linux',
      author: seed,
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
      ...facts.config,
    }),
  );
  const manifest = store.blobs.putSync(
    encodeManifest({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: { mediaType: MediaType.ociConfig, ...config },
      layers: layers.map(({ diffId, size }) => ({
        mediaType: MediaType.ociLayer,
        digest: diffId as string as Digest,
        size,
      })),
    }),
  );
  const chain = chainId(layers.map((layer) => layer.diffId));
  const now = store.clock.now().getTime();
  store.write((tables) => {
    for (const [at, { diffId, size }] of layers.entries()) {
      tables.layers.put({
        diffId,
        size: size + 1024,
        contentSize: size,
        entries: 1,
        writer: 1,
        synced: true,
        bootId: bootId(),
        createdAt: now,
      });
      const stack = layers.slice(0, at + 1).map((layer) => layer.diffId);
      tables.layers.putChain(chainId(stack)!, chainId(stack.slice(0, -1)), diffId);
    }
    tables.images.put({
      id: config.digest,
      manifest: { mediaType: MediaType.ociManifest, ...manifest },
      platform: { os: 'linux', architecture: 'amd64' },
      storedAt: facts.storedAt ?? now,
      size: layers.reduce((sum, layer) => sum + layer.size, 0),
      labels: facts.labels ?? {},
      ...(chain !== undefined && { chain }),
      ...(facts.parent !== undefined && { parent: facts.parent }),
      ...(facts.createdAt !== undefined && { createdAt: facts.createdAt }),
    });
    for (const name of names) {
      tables.images.tag(canonicalName(parseReference(name)), config.digest, now);
    }
  });
  return config.digest;
}

/** Puts an index of images, each with its architecture, into the database; names mean the first. */
export function addIndex(
  store: Store,
  seed: string,
  names: readonly string[],
  images: readonly (readonly [image: Digest, architecture: string])[],
): Digest {
  const digest = digestOf(`index ${seed}`);
  store.write((tables) => {
    const members = images.map(([image, architecture]) => ({
      image,
      manifest: { ...tables.images.get(image)!.manifest, platform: { os: 'linux', architecture } },
    }));
    const descriptor = { mediaType: MediaType.ociIndex, digest, size: 5 };
    tables.indexes.put({ digest, descriptor, storedAt: 0, members }, []);
    const [first] = images;
    for (const name of first ? names : []) {
      tables.images.tag(canonicalName(parseReference(name)), first![0], 0, digest);
    }
  });
  return digest;
}

/** Puts a container of an image into the database; this process is the one that runs it. */
export function addContainer(
  store: Store,
  id: string,
  image: Digest,
  state: ContainerRow['state'],
): void {
  const owner = identify(process.pid);
  // It runs as long as this test does.
  const alive = state === 'running' ? { process: owner } : {};
  const record = { imageName: 'image', argv: [], labels: {}, remove: false, owner, ...alive };
  const json = JSON.stringify(record);
  const row = { id, name: id.slice(0, 8), image, createdAt: 0, state, json };
  store.write((tables) => tables.containers.put(row));
}
