import { batchedSink } from '../base/batched-sink.ts';
import type { Bytes, ByteSink } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import type { TarEntry } from '../layer/tar-entry.ts';
import { encodeHeader, padding, TRAILER } from '../layer/tar-writer.ts';
import type { ArchiveFile, DockerArchive } from './docker-archive-destination.ts';

/**
 * An archive of images as a tar: entries are sorted, owned by root and dated 1970. Throws what
 * reading the images throws, DigestMismatchError among it.
 */
export async function* archiveTar(archive: DockerArchive, call: CallOptions = {}): Bytes {
  const headers = headerMaker();
  for await (const file of archive.files(call)) {
    yield headers(file);
    yield* file.body;
    yield padding(file.size);
  }
  yield TRAILER;
}

/** {@link archiveTar} in pieces that are not kept: small things come together, and layers are not copied. */
export async function pourArchiveTar(
  archive: DockerArchive,
  sink: ByteSink,
  call: CallOptions = {},
): Promise<void> {
  const headers = headerMaker();
  const { write, flush } = batchedSink(sink);
  for await (const file of archive.files(call)) {
    call.signal?.throwIfAborted();
    write(headers(file));
    if (file.pour) await file.pour(write);
    else for await (const chunk of file.body) write(chunk);
    write(padding(file.size));
  }
  write(TRAILER);
  flush();
}

/** Makes the headers of files, and of the folders before the first file in them. */
function headerMaker(): (file: ArchiveFile) => Buffer {
  let folder = '';
  return ({ name, size }) => {
    const own = name.slice(0, name.lastIndexOf('/') + 1);
    const made = [encodeHeader({ ...blank(name), type: 'file', mode: 0o644, size })];
    if (own !== '' && own !== folder) {
      made.unshift(directory(own.slice(0, -1)));
      if (folder === '') made.unshift(directory('blobs'));
      folder = own;
    }
    return Buffer.concat(made);
  };
}

function directory(name: string): Buffer {
  return encodeHeader({ ...blank(name), type: 'directory', mode: 0o755 });
}

function blank(name: string): Omit<TarEntry, 'type' | 'mode'> {
  return { path: Buffer.from(name), uid: 0, gid: 0, size: 0, mtime: 0n, xattrs: new Map() };
}
