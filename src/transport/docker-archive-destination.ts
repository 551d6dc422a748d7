import { type Bytes, collect, once } from '../base/bytes.ts';
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
import { isConfig, isParent } from './children.ts';
import type { Destination, Source } from './transport.ts';

/** A blob of the archive: at hand, or to be fetched when its turn comes. */
interface Part {
  readonly node: Descriptor;
  readonly data?: Buffer;
  readonly from?: Source;
}

/** What an archive says of one of its images. */
export interface ArchivedAs {
  /** Of an index: the image that `manifest.json` is about, for readers that know no indexes. */
  readonly main?: Descriptor;
  /** On its entry in `index.json`. */
  readonly annotations?: Readonly<Record<string, string>>;
}

interface SavedImage extends ArchivedAs {
  readonly root: Descriptor;
  readonly names: readonly string[];
}

/** One file of an archive. */
export interface ArchiveFile {
  readonly name: string;
  /** Bytes of `body`. */
  readonly size: number;
  readonly body: Bytes;
}

/**
 * Docker's archive: an OCI layout and the older form (`manifest.json`, `repositories`) in one
 * tar; or the layout alone. Images are copied to its destinations one after the other; then
 * {@link bytes} is the archive, in which blobs that images share lie once. Layers are not read
 * before their bytes are asked for, so the archive is streamed, whatever its size.
 *
 * The same images in the same order always give the same bytes: entries are sorted, owned by
 * root and dated 1970.
 */
export class DockerArchive {
  readonly #parts = new Map<Digest, Part>();
  readonly #images: SavedImage[] = [];
  readonly #form: 'docker' | 'oci';

  constructor(form: 'docker' | 'oci' = 'docker') {
    this.#form = form;
  }

  /** The place of one more image. `names` are canonical, with tags; none when it is saved by its ID. */
  destination(names: readonly string[], as: ArchivedAs = {}): Destination {
    const parts = this.#parts;
    return {
      label: 'the archive',
      has: (node) => Promise.resolve(parts.has(node.digest)),
      /** Layers are large, and their place in the archive is not known yet: they are fetched later. */
      adopt(node, from) {
        if (isParent(node) || isConfig(node)) return Promise.resolve(undefined);
        parts.set(node.digest, { node, from });
        return Promise.resolve('done');
      },
      async put(node, body) {
        parts.set(node.digest, { node, data: await collect(body, DOCUMENT_LIMIT) });
      },
      commit: (root) => {
        this.#images.push({ ...as, root, names });
        return Promise.resolve();
      },
    };
  }

  /** The archive as a tar. Throws what reading the images throws, DigestMismatchError among it. */
  async *bytes(options: CallOptions = {}): Bytes {
    let at = '';
    for await (const { name, size, body } of this.files(options)) {
      const folder = name.slice(0, name.lastIndexOf('/') + 1);
      if (folder !== '' && folder !== at) {
        if (at === '') yield directory('blobs');
        yield directory(folder.slice(0, -1));
        at = folder;
      }
      yield header(name, size);
      yield* body;
      yield padding(size);
    }
    yield TRAILER;
  }

  /** The files of the archive, in their order; the body of one is read before the next is asked for. */
  async *files(options: CallOptions = {}): AsyncGenerator<ArchiveFile, void> {
    const report = reporter(options.progress);
    for (const digest of [...this.#parts.keys()].sort()) {
      const part = this.#parts.get(digest);
      if (part) yield this.#blob(digest, part, report, options);
    }
    yield document('index.json', this.#index());
    if (this.#form === 'docker') yield document('manifest.json', `${this.#manifestJson()}\n`);
    yield document('oci-layout', '{"imageLayoutVersion": "1.0.0"}');
    if (this.#form === 'docker') yield document('repositories', `${this.#repositories()}\n`);
  }

  #blob(
    digest: Digest,
    { node, from, data }: Part,
    report: Reporter,
    options: CallOptions,
  ): ArchiveFile {
    const name = blobName(digest);
    if (data) return document(name, data);
    async function* body(): Bytes {
      if (!from) return;
      using task = report.begin(digest, { kind: 'transfer', total: node.size, unit: 'bytes' });
      yield* task.count(verified(await from.fetch(node, options), node, from.label));
      task.outcome = 'done';
    }
    return { name, size: node.size, body: body() };
  }

  #index(): string {
    const manifests = this.#images.flatMap(({ root, names, annotations: own }) => {
      const { mediaType, digest, size } = root;
      if (names.length === 0)
        return [{ mediaType, digest, size, ...(own && { annotations: own }) }];
      return names.map((name) => {
        const annotations = {
          ...own,
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
      this.#images.map(({ root, main, names }) => {
        const { config, layers } = this.#manifest(main ?? root);
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
    for (const { root, main, names } of this.#images) {
      const top = this.#manifest(main ?? root).layers.at(-1);
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

function document(name: string, content: Buffer | string): ArchiveFile {
  const data = Buffer.from(content);
  return { name, size: data.length, body: once(data) };
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
