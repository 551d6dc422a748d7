import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { ByteSink } from '../../base/bytes.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { MediaType } from '../../oci/media-types.ts';
import { parseIndex } from '../../oci/parse-manifest.ts';
import { encodeManifest } from '../../oci/write-json.ts';
import { namesIn } from '../../sys/names-in.ts';
import { writeAll } from '../../sys/write-all.ts';
import type { DockerArchive } from '../../transport/docker-archive-destination.ts';
import { readInput } from '../read-file.ts';
import { OutputError } from './errors.ts';
import { writeDirectory } from './places.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
const INDEX_LIMIT = 4 * 1024 * 1024;
const REF_NAME = 'org.opencontainers.image.ref.name';
const IMAGE_NAME = 'io.containerd.image.name';

/**
 * Writes an archive unpacked, as an OCI layout. One that is there already keeps its other
 * images; names move to what is new. Throws OutputError for a directory that is something else.
 */
export async function writeLayout(
  directory: string,
  archive: DockerArchive,
  call: CallOptions,
): Promise<void> {
  await fillLayout(directory, (scratch) => writeArchiveFiles(scratch, archive, call));
}

/** {@link writeLayout} for whoever writes the files into a directory beside it. */
export async function fillLayout(
  directory: string,
  fill: (scratch: string) => Promise<void>,
): Promise<void> {
  checkLayout(directory);
  await writeDirectory(directory, fill, (scratch) => moveIn(scratch, directory));
}

/** Writes the files of an archive below a directory that is ours alone. */
export async function writeArchiveFiles(
  scratch: string,
  archive: DockerArchive,
  call: CallOptions,
): Promise<void> {
  for await (const { name, body, pour } of archive.files(call)) {
    const path = join(scratch, name);
    mkdirSync(dirname(path), { recursive: true });
    const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
    try {
      const write: ByteSink = (chunk) => {
        call.signal?.throwIfAborted();
        writeAll(fd, chunk);
      };
      if (pour) await pour(write);
      else for await (const chunk of body) write(chunk);
    } finally {
      closeSync(fd);
    }
  }
}

function checkLayout(directory: string): void {
  if (!existsSync(directory) || readdirSync(directory).length === 0) return;
  if (existsSync(join(directory, 'oci-layout')) && existsSync(join(directory, 'index.json')))
    return;
  throw new OutputError(`${directory} is neither empty nor an OCI layout`, {
    hint: 'Name a new directory.',
  });
}

/** Blobs first; the index, which makes them visible, last. */
function moveIn(scratch: string, directory: string): void {
  for (const algorithm of namesIn(join(scratch, 'blobs'))) {
    const [from, to] = [join(scratch, 'blobs', algorithm), join(directory, 'blobs', algorithm)];
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from)) renameSync(join(from, name), join(to, name));
  }
  const own = manifestsIn(join(scratch, 'index.json'));
  const names = new Set(own.map(nameOf));
  const others = manifestsIn(join(directory, 'index.json')).filter((node) => {
    const name = nameOf(node);
    if (name !== undefined) return !names.has(name);
    return !own.some(({ digest }) => digest === node.digest);
  });
  const index = encodeManifest({
    schemaVersion: 2,
    mediaType: MediaType.ociIndex,
    manifests: [...others, ...own],
  });
  const path = join(scratch, 'index.json.new');
  const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  try {
    writeAll(fd, index);
  } finally {
    closeSync(fd);
  }
  for (const name of readdirSync(scratch)) {
    if (name === 'blobs' || name.startsWith('index.json')) continue;
    renameSync(join(scratch, name), join(directory, name));
  }
  renameSync(path, join(directory, 'index.json'));
}

function manifestsIn(path: string): readonly Descriptor[] {
  const data = readInput(path, INDEX_LIMIT);
  return data ? parseIndex(data).manifests : [];
}

function nameOf({ annotations = {} }: Descriptor): string | undefined {
  return annotations[IMAGE_NAME] ?? annotations[REF_NAME];
}
