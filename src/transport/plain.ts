import type { Bytes, SkippableBytes } from '../base/bytes.ts';
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

/** {@link plain}, and how to leave out what comes next, where `bytes` can do so and are not compressed. */
export async function plainArchive(
  bytes: Bytes | SkippableBytes,
  limits: Partial<LayerLimits> = {},
): Promise<{ readonly bytes: Bytes; readonly skip?: (count: number) => boolean }> {
  const found = await decompressed(bytes, { external: externalDecompressor, limits });
  if (found.format !== 'none' || !('skip' in bytes)) return { bytes: found.bytes };
  return { bytes: found.bytes, skip: (count) => bytes.skip(count) };
}
