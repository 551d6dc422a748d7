import { digestOf } from '../../src/oci/digest.ts';
import { MediaType } from '../../src/oci/media-types.ts';
import { memberTar } from '../support/member-tar.ts';
import { tarOf, type TestEntry } from '../tar-of.ts';

/** A layer that is unpacked as it passes, and one that is held. */
export const LAYER = memberTar({ path: 'file', body: 'y'.repeat(70_000) });
export const SMALL = memberTar({ path: 'small', body: 'z' });
export const DIFF = digestOf(LAYER);

/** Anything that can stand for a document: a text as it is, or what is made JSON. */
export type Document = string | object;

export const text = (document: Document): string =>
  typeof document === 'string' ? document : JSON.stringify(document);

/** What is true of the image of every case unless the case says otherwise. */
export const CONFIG = {
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: [DIFF] },
} as const;

/** A member under the name that its content or a lie gives it. */
export function blob(data: string | Buffer, digest: string = digestOf(data)): TestEntry {
  return { name: `blobs/${digest.replace(':', '/')}`, data };
}

/** What refers to a document or a layer. */
export function descriptor(
  mediaType: string,
  data: string | Buffer,
  change: object = {},
): { readonly mediaType: string; readonly digest: string; readonly size: number } {
  return { mediaType, digest: digestOf(data), size: Buffer.byteLength(data), ...change };
}

/** What may be changed of a Docker archive. */
export interface DockerParts {
  readonly config?: Document;
  /** Members of the one element of `manifest.json`. */
  readonly item?: object;
  /** All of `manifest.json`. */
  readonly manifest?: Document;
  readonly without?: string;
  readonly extra?: readonly TestEntry[];
}

/** A Docker archive of one image. */
export function docker(parts: DockerParts = {}): Buffer {
  const item = {
    Config: 'config.json',
    RepoTags: ['x:1'],
    Layers: ['layer.tar'],
    ...parts.item,
  };
  const entries = [
    { name: 'layer.tar', data: LAYER },
    { name: 'config.json', data: text(parts.config ?? CONFIG) },
    { name: 'manifest.json', data: text(parts.manifest ?? [item]) },
  ];
  return tarOf([...entries.filter(({ name }) => name !== parts.without), ...(parts.extra ?? [])]);
}

/** What may be changed of an OCI layout. */
export interface LayoutParts {
  readonly config?: Document;
  /** Members of the image's manifest, or all of it as a text. */
  readonly manifest?: Document;
  /** Members of the entry of `index.json`. */
  readonly root?: object;
  /** Members of `index.json`, or all of it as a text. */
  readonly index?: Document;
  readonly layout?: Document;
  readonly without?: readonly string[];
  readonly extra?: readonly TestEntry[];
}

/** The manifest of the image of {@link layout}. */
export function manifestOf(config: Document = CONFIG, change: object = {}): string {
  return text({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: descriptor(MediaType.ociConfig, text(config)),
    layers: [descriptor(MediaType.ociLayer, LAYER)],
    ...change,
  });
}

/** An OCI layout of one image, called `x:1`. */
export function layout(parts: LayoutParts = {}): Buffer {
  const config = text(parts.config ?? CONFIG);
  const manifest =
    typeof parts.manifest === 'string' ? parts.manifest : manifestOf(config, parts.manifest);
  const root = {
    ...descriptor(MediaType.ociManifest, manifest),
    annotations: { 'io.containerd.image.name': 'docker.io/library/x:1' },
    ...parts.root,
  };
  const index =
    typeof parts.index === 'string'
      ? parts.index
      : text({
          schemaVersion: 2,
          mediaType: MediaType.ociIndex,
          manifests: [root],
          ...parts.index,
        });
  const entries = [
    { name: 'oci-layout', data: text(parts.layout ?? { imageLayoutVersion: '1.0.0' }) },
    { name: 'index.json', data: index },
    blob(manifest),
    blob(config),
    blob(LAYER),
  ];
  return tarOf([
    ...entries.filter(({ name }) => parts.without?.includes(name) !== true),
    ...(parts.extra ?? []),
  ]);
}
