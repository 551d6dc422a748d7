import { BLOCK, checksumFits, isZeroBlock } from './tar-fields.ts';

/**
 * True when bytes start with a tar header: what `ADD` goes by. An archive without entries does
 * not count: its bytes are zeros, which a file of any kind may start with.
 */
export function looksLikeTar(head: Uint8Array): boolean {
  return head.length >= BLOCK && !isZeroBlock(head, 0) && checksumFits(head, 0);
}
