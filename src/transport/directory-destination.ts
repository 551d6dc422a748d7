import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import type { Descriptor } from '../oci/descriptor.ts';
import { encoded } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { verified } from '../oci/verified.ts';
import { encodeManifest } from '../oci/write-json.ts';
import { writeAll } from '../sys/write-all.ts';
import { isParent } from './children.ts';
import { directoryFiles } from './image-files.ts';
import type { Destination } from './transport.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** How images lie in a directory. */
export interface DirectoryForm {
  /** An OCI layout, or the `dir:` form of skopeo, which holds one image or index. */
  readonly form: 'oci' | 'dir';
  /** What the image is called in a layout. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** A layout whose blobs need not be written again, where they are what they are called. */
  readonly present?: string;
}

/**
 * A directory that is ours alone as the place where one image goes to: each blob a file,
 * written as it comes.
 */
export function directoryDestination(directory: string, as: DirectoryForm): Destination {
  const { form, annotations, present } = as;
  const pathOf = ({ digest, mediaType }: Descriptor): string => {
    const hex = encoded(digest);
    if (form === 'oci') return join(directory, 'blobs', digest.replace(':', '/'));
    return join(directory, isParent({ mediaType, digest, size: 0 }) ? `${hex}.manifest.json` : hex);
  };
  return {
    label: 'the directory',
    async has(node) {
      return existsSync(pathOf(node)) || (present !== undefined && (await isWhole(present, node)));
    },
    async put(node, body, { signal } = {}) {
      const path = pathOf(node);
      mkdirSync(dirname(path), { recursive: true });
      const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
      try {
        for await (const chunk of body) {
          signal?.throwIfAborted();
          writeAll(fd, chunk);
        }
      } catch (error) {
        rmSync(path, { force: true });
        throw error;
      } finally {
        closeSync(fd);
      }
    },
    commit(root) {
      if (form === 'dir') {
        renameSync(pathOf(root), join(directory, 'manifest.json'));
        write(join(directory, 'version'), 'Directory Transport Version: 1.1\n');
        return Promise.resolve();
      }
      const { mediaType, digest, size } = root;
      const entry = { mediaType, digest, size, ...(annotations && { annotations }) };
      const index = {
        schemaVersion: 2,
        mediaType: MediaType.ociIndex,
        manifests: [entry],
      } as const;
      write(join(directory, 'index.json'), encodeManifest(index));
      write(join(directory, 'oci-layout'), '{"imageLayoutVersion": "1.0.0"}');
      return Promise.resolve();
    },
  };
}

/** True when a layout has a blob, and it is what it is called. */
async function isWhole(layout: string, node: Descriptor): Promise<boolean> {
  const name = `blobs/${node.digest.replace(':', '/')}`;
  const files = directoryFiles(layout, layout);
  if (files.size(name) !== node.size) return false;
  try {
    for await (const _ of verified(files.open(name), node, layout));
    return true;
  } catch {
    return false;
  }
}

function write(path: string, data: string | Uint8Array): void {
  writeFileSync(path, data, { flag: 'wx', mode: 0o644 });
}
