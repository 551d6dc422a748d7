import { gzipSync, zstdCompressSync } from 'node:zlib';
import { attestationManifest } from '../../src/image/attestation.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { History } from '../../src/oci/image-config.ts';
import { MediaType } from '../../src/oci/media-types.ts';
import { tarOf, type TestEntry } from '../tar-of.ts';
import type { Sent, ServedRegistry } from './served-registry.ts';

/** One instruction of an image: the files of its layer, if it made one. */
export interface Step {
  readonly by: string;
  readonly files?: readonly TestEntry[];
}

/** What an image is made of. */
export interface Made {
  readonly steps: readonly Step[];
  readonly config?: object;
  readonly architecture?: string;
  readonly zstd?: boolean;
  /** Taken as it is, in place of that of the steps. */
  readonly history?: readonly History[];
}

/** Pushes what the page shows, as somebody. */
export class PageImages {
  readonly #registry: ServedRegistry;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(registry: ServedRegistry, headers: Readonly<Record<string, string>> = {}) {
    this.#registry = registry;
    this.#headers = headers;
  }

  /** Pushes bytes and gives their descriptor. */
  async blob(
    repository: string,
    body: Uint8Array | string,
    mediaType: string,
  ): Promise<Descriptor> {
    const digest = digestOf(body);
    const path = `/v2/${repository}/blobs/uploads/?digest=${digest}`;
    await this.#send('POST', path, { body });
    return { mediaType, digest, size: Buffer.byteLength(body) };
  }

  /** Pushes a document by tag or digest. */
  async document(
    repository: string,
    reference: string | undefined,
    document: object,
    mediaType: string = MediaType.ociManifest,
  ): Promise<Descriptor> {
    const body = JSON.stringify({ schemaVersion: 2, mediaType, ...document });
    const digest = digestOf(body);
    await this.#send('PUT', `/v2/${repository}/manifests/${reference ?? digest}`, {
      body,
      headers: { 'content-type': mediaType },
    });
    return { mediaType, digest, size: Buffer.byteLength(body) };
  }

  /** Pushes an image with its layers. */
  async image(repository: string, reference: string | undefined, made: Made): Promise<Descriptor> {
    const { steps, config = {}, architecture = 'amd64', zstd = false } = made;
    const created = '2026-11-20T08:00:00Z';
    const tars = steps.flatMap(({ files }) => (files ? [tarOf(files)] : []));
    const layers: Descriptor[] = [];
    for (const tar of tars) {
      const type = zstd ? MediaType.ociLayerZstd : MediaType.ociLayerGzip;
      layers.push(await this.blob(repository, zstd ? zstdCompressSync(tar) : gzipSync(tar), type));
    }
    const history = steps.map(({ by, files }) => ({
      created,
      created_by: by,
      ...(!files && { empty_layer: true }),
    }));
    const json = JSON.stringify({
      created,
      os: 'linux',
      architecture,
      config,
      rootfs: { type: 'layers', diff_ids: tars.map((tar) => digestOf(tar)) },
      history: made.history ?? history,
    });
    return this.document(repository, reference, {
      config: await this.blob(repository, json, MediaType.ociConfig),
      layers,
    });
  }

  /** Pushes an index of images, each with a statement about it. */
  async index(
    repository: string,
    tag: string,
    images: readonly { readonly architecture: string; readonly entry: Descriptor }[],
  ): Promise<Descriptor> {
    const manifests: Descriptor[] = [];
    const about: Descriptor[] = [];
    for (const { architecture, entry } of images) {
      manifests.push({ ...entry, platform: { os: 'linux', architecture } });
      const statements = ['https://spdx.dev/Document', 'https://slsa.dev/provenance/v1'].map(
        (predicateType) => ({
          predicateType,
          statement: Buffer.from(JSON.stringify({ _type: 'statement', predicateType })),
        }),
      );
      const { entry: claim, documents } = attestationManifest(entry, statements, {
        artifact: false,
      });
      for (const [digest, body] of documents) {
        if (digest === claim.digest) continue;
        await this.blob(repository, body, MediaType.inToto);
      }
      const body = documents.get(claim.digest) ?? Buffer.alloc(0);
      await this.#send('PUT', `/v2/${repository}/manifests/${claim.digest}`, {
        body,
        headers: { 'content-type': MediaType.ociManifest },
      });
      about.push(claim);
    }
    return this.document(
      repository,
      tag,
      { manifests: [...manifests, ...about] },
      MediaType.ociIndex,
    );
  }

  /** Pushes something that refers to a manifest. */
  async referrer(
    repository: string,
    subject: Descriptor,
    artifactType: string,
    text: string,
  ): Promise<Descriptor> {
    return this.document(repository, undefined, {
      artifactType,
      config: await this.blob(repository, '{}', MediaType.ociEmpty),
      layers: [await this.blob(repository, text, 'application/json')],
      subject,
      annotations: { 'org.opencontainers.image.created': '2026-11-20T09:00:00Z' },
    });
  }

  async #send(method: string, path: string, { body, headers }: Sent): Promise<void> {
    const all = { ...headers, ...this.#headers };
    const answer = await this.#registry.send(method, path, { body: body ?? '', headers: all });
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  }
}

/** Bytes that do not become smaller when they are compressed. */
export function noise(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed;
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}
