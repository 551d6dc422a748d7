import { type Bytes, type ByteSink, collect, once } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import { type Reporter, reporter } from '../base/reporter.ts';
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
import { isConfig, isLayer, isParent } from './children.ts';
import type { Destination, Source } from './transport.ts';

/** Marks the index of an archive that leaves out layers. */
export const DELTA = 'io.stave.delta';

/** A blob of the archive: at hand, to be fetched when its turn comes, or left out. */
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
  /** Layers that whoever reads the archive has already: they are named, and not written. */
  readonly leaveOut?: (layer: Descriptor) => boolean;
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
  /** The same in pieces that are not kept, instead of `body`: quicker. */
  readonly pour?: (sink: ByteSink) => Promise<void>;
}

/**
 * `docker`: an OCI layout and the older form (`manifest.json`, `repositories`) in one. `oci`:
 * the layout alone. `dir`: one image's blobs beside its manifest, as the `dir:` transport of
 * other tools has them.
 */
export type ArchiveForm = 'docker' | 'oci' | 'dir';

/**
 * An archive of images. They are copied to its destinations one after the other; then
 * {@link files} is the archive, in which blobs that images share lie once. Layers are not read
 * before their bytes are asked for, so the archive is streamed, whatever its size. The same
 * images in the same order always give the same bytes.
 */
export class DockerArchive {
  readonly #parts = new Map<Digest, Part>();
  readonly #images: SavedImage[] = [];
  readonly #form: ArchiveForm;

  constructor(form: ArchiveForm = 'docker') {
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
        const isLeftOut = as.leaveOut && isLayer(node) && as.leaveOut(node);
        parts.set(node.digest, isLeftOut ? { node } : { node, from });
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

  /**
   * The files of the archive, in their order; the body of one is read before the next is asked
   * for. Throws what reading the images throws, DigestMismatchError among it.
   */
  async *files(options: CallOptions = {}): AsyncGenerator<ArchiveFile, void> {
    const report = reporter(options.progress);
    for (const digest of [...this.#parts.keys()].sort()) {
      const part = this.#parts.get(digest);
      if (!part || (!part.data && !part.from)) continue;
      yield this.#blob(this.#nameOf(digest), part, report, options);
    }
    if (this.#form === 'dir') {
      yield document('version', 'Directory Transport Version: 1.1\n');
      return;
    }
    yield document('index.json', this.#index());
    if (this.#form === 'docker') yield document('manifest.json', `${this.#manifestJson()}\n`);
    yield document('oci-layout', '{"imageLayoutVersion": "1.0.0"}');
    if (this.#form === 'docker') yield document('repositories', `${this.#repositories()}\n`);
  }

  #nameOf(digest: Digest): string {
    if (this.#form !== 'dir') return blobName(digest);
    const isRoot = this.#images.some(({ root }) => root.digest === digest);
    return isRoot ? 'manifest.json' : encoded(digest);
  }

  #blob(
    name: string,
    { node, from, data }: Part,
    report: Reporter,
    options: CallOptions,
  ): ArchiveFile {
    if (data) return document(name, data);
    const { digest, size } = node;
    const begin = (): ReturnType<Reporter['begin']> =>
      report.begin(digest, { kind: 'transfer', total: size, unit: 'bytes' });
    async function* body(): Bytes {
      if (!from) return;
      using task = begin();
      yield* task.count(verified(await from.fetch(node, options), node, from.label));
      task.outcome = 'done';
    }
    if (!from?.pour) return { name, size, body: body() };
    const pour = async (sink: ByteSink): Promise<void> => {
      using task = begin();
      let at = 0;
      const counted: ByteSink = (chunk) => {
        sink(chunk);
        task.advance((at += chunk.length));
      };
      await from.pour?.(node, counted, options);
      task.outcome = 'done';
    };
    return { name, size, body: body(), pour };
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
    const isDelta = [...this.#parts.values()].some(({ data, from }) => !data && !from);
    return JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      manifests,
      ...(isDelta && { annotations: { [DELTA]: 'true' } }),
    });
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
