import type { Bytes } from '../../base/bytes.ts';
import { decompressed, sniff } from '../../layer/compression.ts';
import { looksLikeTar } from '../../layer/tar-sniff.ts';
import { externalDecompressor } from '../../sys/helper.ts';
import { peek } from '../../transport/peek.ts';

const BLOCK = 512;

/**
 * Whether a stream is a tar archive, plain or compressed; told by its content alone, of any
 * format of tar. Reads its beginning and leaves the rest.
 */
export async function looksLikeArchive(bytes: Bytes): Promise<boolean> {
  try {
    const plain = await decompressed(bytes, { external: externalDecompressor });
    const { head, bytes: rest } = await peek(plain.bytes, BLOCK);
    // Left early, so that it is closed.
    for await (const _ of rest) break;
    return looksLikeTar(head);
  } catch {
    // What is damaged from the start is no archive.
    return false;
  }
}

/** What came on standard input: an archive to unpack, or the bytes of a Dockerfile. */
export async function sniffInput(
  bytes: Bytes,
): Promise<{ readonly tar: Bytes } | { readonly text: Bytes }> {
  const { head, bytes: all } = await peek(bytes, BLOCK);
  // No text begins as a compressed stream does; whether it is whole shows when it is unpacked.
  if (sniff(head) !== 'none' || looksLikeTar(head) || isEmptyTar(head)) return { tar: all };
  return { text: all };
}

function isEmptyTar(head: Uint8Array): boolean {
  return head.length === BLOCK && head.every((byte) => byte === 0);
}
