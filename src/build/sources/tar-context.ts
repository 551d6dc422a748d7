import type { Bytes } from '../../base/bytes.ts';
import type { CallOptions } from '../../base/progress.ts';
import { decompressed } from '../../layer/compression.ts';
import { unpackTree } from '../../snapshot/unpack-tree.ts';
import { externalDecompressor } from '../../sys/helper.ts';

/**
 * Unpacks an archive, plain or compressed, as a build context into an empty directory. Owners
 * do not matter: files of a context are root's. Throws InvalidInputError for what cannot be a
 * tree; its `name` is for messages.
 */
export async function unpackContext(
  archive: Bytes,
  into: string,
  name: string,
  call: CallOptions,
): Promise<void> {
  const { bytes } = await decompressed(archive, { external: externalDecompressor });
  await unpackTree(bytes, into, { owners: false, name, ...call });
}
