import { type Bytes, collect } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import { type Reporter, reporter } from '../base/reporter.ts';
import type { TarEntry } from '../layer/tar-entry.ts';
import { encodeHeader, padding, TRAILER } from '../layer/tar-writer.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { encoded } from '../oci/digest.ts';
import { DOCUMENT_LIMIT } from '../oci/limits.ts';
import type { Manifest } from '../oci/manifest.ts';
import { MediaType } from '../oci/media-types.ts';
import { diffIdsOf, parseConfig } from '../oci/parse-config.ts';
import { parseManifest } from '../oci/parse-manifest.ts';
import { familiar, familiarRepository, parseReference } from '../oci/reference.ts';
import { verified } from '../oci/verified.ts';
import { isLayer } from './children.ts';
import type { Destination, Source } from './transport.ts';

/** A blob of the archive: at hand, or to be fetched when its turn comes. */
interface Part {
  readonly node: Descriptor;
  readonly data?: Buffer;
  readonly from?: Source;
}

interface SavedImage {
  readonly root: Descriptor;
  readonly names: readonly string[];
}

/**
 * Docker's archive: an OCI layout and the older form (`manifest.json`, `repositories`) in one
 * tar. Images are copied to its destinations one after the other; then {@link bytes} is the
 * archive, in which blobs that images share lie once. Layers are not read before their bytes are asked
 * for, so the archive is streamed, whatever its size.
 *
 * The same images in the same order always give the same bytes: entries are sorted, owned by
 * root and dated 1970.
 */
export class DockerArchive {
  readonly #parts = new Map<Digest, Part>();
  readonly #images: SavedImage[] = [];

  /** The place of one more image. `names` are canonical, with tags; none when it is saved by its ID. */
  destination(names: readonly string[]): Destination {
    const parts = this.#parts;
    return {
      label: 'the archive',
      has: (node) => Promise.resolve(parts.has(node.digest)),
      /** Layers are large, and their place in the archive is not known yet: they are fetched later. */
      adopt(node, from) {
        if (!isLayer(node)) return Promise.resolve(undefined);
        parts.set(node.digest, { node, from });
        return Promise.resolve('done');
      },
      async put(node, body) {
        parts.set(node.digest, { node, data: await collect(body, DOCUMENT_LIMIT) });
      },
      commit: (root) => {
        this.#images.push({ root, names });
        return Promise.resolve();
      },
    };
  }

  /** The archive. Throws what reading the images throws, DigestMismatchError among it. */
  async *bytes(options: CallOptions = {}): Bytes {
    const report = reporter(options.progress);
    yield directory('blobs');
    for (const algorithm of ['sha256', 'sha512']) {
      const digests = [...this.#parts.keys()].filter((one) => one.startsWith(`${algorithm}:`));
      if (digests.length > 0) yield directory(`blobs/${algorithm}`);
      for (const digest of digests.sort()) yield* this.#blob(digest, report, options);
    }
    yield* document('index.json', this.#index());
    yield* document('manifest.json', `${this.#manifestJson()}\n`);
    yield* document('oci-layout', '{"imageLayoutVersion": "1.0.0"}');
    yield* document('repositories', `${this.#repositories()}\n`);
    yield TRAILER;
  }

  async *#blob(digest: Digest, report: Reporter, options: CallOptions): Bytes {
    const part = this.#parts.get(digest);
    if (!part) return;
    const { node, from, data } = part;
    const name = blobName(digest);
    if (data) {
      yield* document(name, data);
    } else if (from) {
      using task = report.begin(digest, { kind: 'transfer', total: node.size, unit: 'bytes' });
      yield header(name, node.size);
      yield* task.count(verified(await from.fetch(node, options), node, from.label));
      yield padding(node.size);
      task.outcome = 'done';
    }
  }

  #index(): string {
    const manifests = this.#images.flatMap(({ root, names }) => {
      const { mediaType, digest, size } = root;
      if (names.length === 0) return [{ mediaType, digest, size }];
      return names.map((name) => {
        const annotations = {
          'io.containerd.image.name': name,
          'org.opencontainers.image.ref.name': parseReference(name).tag ?? 'latest',
        };
        return { mediaType, digest, size, annotations };
      });
    });
    return JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests });
  }

  #manifestJson(): string {
    return JSON.stringify(
      this.#images.map(({ root, names }) => {
        const { config, layers } = this.#manifest(root);
        const repoTags = names.map((name) => familiar(parseReference(name)));
        return {
          Config: blobName(config.digest),
          RepoTags: names.length > 0 ? repoTags : null,
          Layers: layers.map((layer) => blobName(layer.digest)),
          LayerSources: this.#layerSources(config, layers),
        };
      }),
    );
  }

  /** Which blob each diff ID of the config is. */
  #layerSources(config: Descriptor, layers: readonly Descriptor[]): object {
    const diffIds = diffIdsOf(parseConfig(this.#document(config.digest)));
    return Object.fromEntries(
      layers.map(({ mediaType, digest, size }, at) => [
        diffIds[at] ?? digest,
        { mediaType, size, digest },
      ]),
    );
  }

  /** Name, tag and top layer, for readers from before `manifest.json`. */
  #repositories(): string {
    const found = new Map<string, Map<string, string>>();
    for (const { root, names } of this.#images) {
      const top = this.#manifest(root).layers.at(-1);
      if (!top) continue;
      for (const name of names) {
        const { tag = 'latest', ...reference } = parseReference(name);
        const repository = familiarRepository(reference);
        const tags = found.get(repository) ?? new Map<string, string>();
        found.set(repository, tags.set(tag, encoded(top.digest)));
      }
    }
    return JSON.stringify(
      Object.fromEntries([...found].map(([name, tags]) => [name, Object.fromEntries(tags)])),
    );
  }

  #manifest(root: Descriptor): Manifest {
    return parseManifest(this.#document(root.digest), root.mediaType);
  }

  #document(digest: Digest): Buffer {
    const data = this.#parts.get(digest)?.data;
    if (!data) throw new Error(`the archive writer never got ${digest}`);
    return data;
  }
}

function blobName(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}

async function* document(name: string, content: Buffer | string): Bytes {
  const data = Buffer.from(content);
  yield Buffer.concat([header(name, data.length), data, padding(data.length)]);
}

function directory(name: string): Buffer {
  return encodeHeader({ ...blank(name), type: 'directory', mode: 0o755 });
}

function header(name: string, size: number): Buffer {
  return encodeHeader({ ...blank(name), type: 'file', mode: 0o644, size });
}

function blank(name: string): Omit<TarEntry, 'type' | 'mode'> {
  return { path: Buffer.from(name), uid: 0, gid: 0, size: 0, mtime: 0n, xattrs: new Map() };
}
