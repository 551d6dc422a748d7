import { closeSync, constants, createReadStream, openSync } from 'node:fs';
import { InvalidInputError, isErrno } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { type Digest, digestOf, isDigest } from '../../oci/digest.ts';
import { DOCUMENT_LIMIT } from '../../oci/limits.ts';
import type { Manifest } from '../../oci/manifest.ts';
import { diffIdsOf, parseConfig } from '../../oci/parse-config.ts';
import { parseIndex, parseManifestOrIndex } from '../../oci/parse-manifest.ts';
import {
  formatPlatform,
  hostPlatform,
  matchesPlatform,
  type Platform,
} from '../../oci/platform.ts';
import { openInside } from '../../sys/inside.ts';
import type { BlobSource, LayerSupply } from '../../transport/layer-supply.ts';
import type { BaseImage } from '../frontend/frontend-types.ts';
import { readInputInside } from '../read-file.ts';

const SCHEME = 'oci-layout://';
/** Annotations that name what an index lists: a tag, or a whole name. */
const NAMES = ['org.opencontainers.image.ref.name', 'io.containerd.image.name'];
const DEPTH = 4;
const CHUNK = 1024 * 1024;

/**
 * A base image out of an OCI layout in a directory, `oci-layout://DIRECTORY[:TAG|@DIGEST]`:
 * metadata only. Its layers are offered to `supply` and read when a step needs them. Throws
 * InvalidInputError when it is no such image.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 */
export function layoutBase(
  reference: string,
  platform: Platform,
  supply: Pick<LayerSupply, 'offer'> | undefined,
): BaseImage {
  const layout = new Layout(reference);
  const { descriptor, manifest } = layout.image(platform);
  const config = parseConfig(layout.document(manifest.config));
  const layers = diffIdsOf(config);
  if (layers.length !== manifest.layers.length) {
    throw layout.error('its manifest and its config have different layers');
  }
  for (const [at, diffId] of layers.entries()) {
    supply?.offer(diffId, manifest.layers[at]!, layout.blobs());
  }
  const own = hostPlatform(process.arch);
  return {
    // Where the directory lies is nobody's business who gets the image.
    name: descriptor.digest,
    manifest: descriptor.digest,
    layers,
    config,
    platform: {
      os: config.os || own.os,
      architecture: config.architecture || own.architecture,
      ...(config.variant !== undefined && { variant: config.variant }),
    },
  };
}

class Layout {
  readonly #reference: string;
  readonly #directory: string;
  readonly #tag: string | undefined;
  readonly #digest: Digest | undefined;

  constructor(reference: string) {
    this.#reference = reference;
    const place = reference.slice(SCHEME.length);
    const [, beforeDigest = place, digest] = /^(.*)@([a-z0-9]+:[0-9a-f]+)$/s.exec(place) ?? [];
    const [, directory = beforeDigest, tag] = /^(.*):([^:/]+)$/s.exec(beforeDigest) ?? [];
    this.#directory = directory;
    this.#tag = tag;
    this.#digest = digest !== undefined && isDigest(digest) ? digest : undefined;
    if (digest !== undefined && !this.#digest) throw this.error(`${digest} is no digest`);
  }

  error(what: string, hint?: string): InvalidInputError {
    return new InvalidInputError(`${this.#reference}: ${what}`, { hint });
  }

  /** The manifest that was asked for. */
  image(platform: Platform): { descriptor: Descriptor; manifest: Manifest } {
    const data = this.#read('index.json');
    if (!data) throw this.error('there is no OCI layout: it has no index.json');
    const listed = parseIndex(data).manifests;
    let candidates = this.#chosen(listed);
    for (let depth = 0; depth < DEPTH; depth += 1) {
      const found = candidates.find((node) => fits(node, platform));
      if (!found) break;
      const parsed = parseManifestOrIndex(this.document(found), found.mediaType);
      if (parsed.kind === 'manifest') return { descriptor: found, manifest: parsed.manifest };
      candidates = parsed.index.manifests;
    }
    throw this.error(`there is no image for ${formatPlatform(platform)} in it`);
  }

  /** A document, checked against what refers to it. */
  document(node: Descriptor): Buffer {
    const data = this.#read(blobName(node.digest));
    if (!data) throw this.error(`${node.digest} is missing in it`);
    if (data.length !== node.size || digestOf(data) !== node.digest) {
      throw this.error(`${node.digest} in it is damaged`);
    }
    return data;
  }

  blobs(): BlobSource {
    return {
      label: this.#reference,
      fetch: async ({ digest }) =>
        createReadStream('', { fd: this.#open(blobName(digest)), highWaterMark: CHUNK }),
    };
  }

  #open(name: string): number {
    const directory = openSync(this.#directory, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      return openInside(directory, name, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP'))
        throw this.error(`${name} is missing in it`);
      throw error;
    } finally {
      closeSync(directory);
    }
  }

  #chosen(listed: readonly Descriptor[]): readonly Descriptor[] {
    if (this.#digest !== undefined) {
      const found = listed.filter(({ digest }) => digest === this.#digest);
      if (found.length > 0) return found;
      throw this.error(`it does not list ${this.#digest}`);
    }
    const named = (tag: string): Descriptor[] =>
      listed.filter((node) =>
        NAMES.some((name) => {
          const text = node.annotations?.[name];
          return text === tag || text?.endsWith(`:${tag}`) === true;
        }),
      );
    if (this.#tag !== undefined) {
      const found = named(this.#tag);
      if (found.length > 0) return found;
      throw this.error(`it has no image with the tag ${this.#tag}`, this.#hint(listed));
    }
    if (new Set(listed.map(({ platform }) => JSON.stringify(platform))).size === listed.length) {
      return listed;
    }
    const latest = named('latest');
    if (latest.length > 0) return latest;
    throw this.error('it has several images and none with the tag latest', this.#hint(listed));
  }

  #hint(listed: readonly Descriptor[]): string | undefined {
    const names = listed.flatMap((node) => NAMES.map((name) => node.annotations?.[name] ?? []));
    const tags = [...new Set(names.flat())].slice(0, 5);
    return tags.length === 0 ? undefined : `It has ${tags.join(', ')}.`;
  }

  #read(name: string): Buffer | undefined {
    try {
      return readInputInside(this.#directory, name, DOCUMENT_LIMIT);
    } catch (error) {
      if (error instanceof InvalidInputError) throw this.error(error.message);
      throw this.error('there is no such directory');
    }
  }
}

function fits(node: Descriptor, platform: Platform): boolean {
  return !node.platform?.os || matchesPlatform(platform, node.platform);
}

function blobName(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}
