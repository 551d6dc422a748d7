import type { Bytes } from '../base/bytes.ts';
import { decompressed } from '../layer/compression.ts';
import type { LayerLimits } from '../layer/limits.ts';
import { externalDecompressor } from '../sys/helper.ts';

/**
 * A stream from outside without its compression, whichever of the five it has. bzip2 and xz
 * need the host's programs. Throws CompressionError, LayerLimitError while it is read, and
 * HelperMissingError.
 */
export async function plain(bytes: Bytes, limits: Partial<LayerLimits> = {}): Promise<Bytes> {
  return (await decompressed(bytes, { external: externalDecompressor, limits })).bytes;
}
