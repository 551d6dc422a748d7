import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { MediaType } from '../../src/oci/media-types.ts';
import { tarOf } from '../tar-of.ts';
import { digestOf, type TestRegistry } from './test-registry.ts';

/** A descriptor, as loose as those of a registry that lies. */
export interface LooseDescriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: object;
  annotations?: object;
  urls?: readonly string[];
}

/** An image of two layers: one of a few bytes and one of 1 MiB that does not compress. */
export interface RemoteParts {
  readonly small: Buffer;
  readonly large: Buffer;
  readonly config: Record<string, unknown>;
}

/** Bytes that do not compress, the same each time. */
export function noise(size: number, seed = 'x'): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < size; at += 32) {
    blocks.push(createHash('sha256').update(`${seed}${at}`).digest());
  }
  return Buffer.concat(blocks, size);
}

/** The layers and the config of the image; the layers are gzip. */
export function remoteParts(architecture = 'amd64'): RemoteParts {
  const tars = [
    tarOf([
      { name: 'etc/', type: 'directory' },
      { name: 'etc/name', data: architecture },
    ]),
    tarOf([{ name: 'large', data: noise(1024 * 1024) }]),
  ];
  const [small, large] = tars.map((tar) => gzipSync(tar)) as [Buffer, Buffer];
  const config = {
    architecture,
    os: 'linux',
    config: { Env: ['A=b'] },
    rootfs: { type: 'layers', diff_ids: tars.map(digestOf) },
  };
  return { small, large, config };
}

/** What may be told differently of the image. */
export interface RemoteChange {
  readonly config?: Buffer;
  readonly layers?: (layers: LooseDescriptor[]) => LooseDescriptor[];
  readonly manifest?: (manifest: Record<string, unknown>) => object | Buffer;
  /** The `Content-Type` of the manifest. */
  readonly type?: string;
  readonly architecture?: string;
}

/** Puts the image into a registry under a tag; returns what an index would say of it. */
export function putRemote(
  registry: TestRegistry,
  repository: string,
  tag: string,
  change: RemoteChange = {},
): LooseDescriptor & { readonly id: string } {
  const { small, large, config } = remoteParts(change.architecture);
  const data = change.config ?? Buffer.from(JSON.stringify(config));
  const node = registry.add(repository, data, MediaType.ociConfig);
  const layers: LooseDescriptor[] = [small, large].map((layer) =>
    registry.add(repository, layer, MediaType.ociLayerGzip),
  );
  const manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: node,
    layers: change.layers?.(layers) ?? layers,
  };
  const written = change.manifest?.(manifest) ?? manifest;
  const bytes = Buffer.isBuffer(written) ? written : Buffer.from(JSON.stringify(written));
  const mediaType = change.type ?? MediaType.ociManifest;
  const digest = registry.tag(repository, tag, bytes, mediaType);
  return { mediaType: MediaType.ociManifest, digest, size: bytes.length, id: node.digest };
}

/** Puts an index into a registry under a tag. */
export function putIndex(
  registry: TestRegistry,
  repository: string,
  tag: string,
  entries: readonly (LooseDescriptor | object)[],
): string {
  const manifests = entries.map((entry) => ({ ...entry, id: undefined }));
  const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests };
  return registry.tag(repository, tag, index, MediaType.ociIndex);
}
