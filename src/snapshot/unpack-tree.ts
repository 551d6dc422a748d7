import type { Bytes } from '../base/bytes.ts';
import { breather } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import { FileTableWriter } from '../layer/file-table-io.ts';
import { readTar } from '../layer/tar-reader.ts';
import { Unpacker } from './unpack.ts';

/**
 * Unpacks an archive into an empty directory under the same rules as a layer: nothing gets
 * outside, whatever its members are called. `tableFile` is scratch for the file table.
 * Throws LayerEntryError.
 */
export async function unpackTree(
  tar: Bytes,
  into: string,
  tableFile: string,
  call: CallOptions = {},
): Promise<void> {
  using table = new FileTableWriter(tableFile);
  using unpacker = new Unpacker(
    into,
    table,
    () => undefined,
    () => undefined,
  );
  const pause = breather();
  for await (const { entry, body } of readTar(tar)) {
    call.signal?.throwIfAborted();
    await unpacker.member(entry, body);
    await pause();
  }
  unpacker.finish();
}
