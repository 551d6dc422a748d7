import { createHash } from 'node:crypto';
import type { Bytes } from '../base/bytes.ts';
import { DigestMismatchError, InvalidInputError } from '../base/errors.ts';
import type { Descriptor } from './descriptor.ts';

/**
 * Passes a stream through and checks it against its descriptor: it fails as soon as it is too
 * long, and at its end when it is too short or hashes to something else. `label` says where
 * the bytes come from.
 *
 * Throws InvalidInputError on the wrong size, DigestMismatchError on the wrong content.
 */
export async function* verified(
  bytes: Bytes,
  node: Descriptor,
  label: string,
): AsyncGenerator<Uint8Array, void> {
  const algorithm = node.digest.slice(0, node.digest.indexOf(':'));
  const hash = createHash(algorithm);
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > node.size) {
      throw new InvalidInputError(
        `${node.digest} from ${label} is longer than the ${node.size} bytes it was said to have`,
      );
    }
    hash.update(chunk);
    yield chunk;
  }
  if (size < node.size) {
    throw new InvalidInputError(
      `${node.digest} from ${label} ends after ${size} of ${node.size} bytes`,
    );
  }
  const actual = `${algorithm}:${hash.digest('hex')}`;
  if (actual !== node.digest) throw new DigestMismatchError(node.digest, actual, label);
}
