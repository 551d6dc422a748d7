import type { RepositoryOptions } from '../registry/repository.ts';
import { ingestKey } from '../store/blob-store.ts';
import { openKeptUpload } from '../store/kept-uploads.ts';
import type { Store } from '../store/store.ts';

/** What a store keeps of transfers that did not end, for those that come after them. */
export function resumption({
  blobs,
  paths,
  clock,
}: Store): Pick<RepositoryOptions, 'partial' | 'aside' | 'kept'> {
  return {
    kept: (upload) => openKeptUpload(paths, upload, clock.now().getTime()),
    partial: (digest) => blobs.partial(ingestKey(digest)),
    async aside(digest, part) {
      const key = `part ${part}: ${digest}`;
      const writer = await blobs.ingest(key);
      return {
        get offset() {
          return writer.offset;
        },
        write: (chunk) => writer.write(chunk),
        read: () => blobs.partial(key) ?? nothing(),
        discard: () => writer.discard(),
        [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
      };
    },
  };
}

async function* nothing(): AsyncGenerator<Uint8Array, void> {}
