import { createHash, type Hash } from 'node:crypto';
import type { Bytes } from '../base/bytes.ts';
import { DigestMismatchError, InvalidInputError } from '../base/errors.ts';
import type { Descriptor } from './descriptor.ts';

/**
 * Checks bytes that go by against their descriptor: it fails as soon as they are too many, and
 * at the end when they are too few or hash to something else. `label` says where they come
 * from.
 *
 * Throws InvalidInputError on the wrong size, DigestMismatchError on the wrong content.
 */
export class Verifier {
  readonly #node: Descriptor;
  readonly #label: string;
  readonly #algorithm: string;
  readonly #hash: Hash;
  #size = 0;

  constructor(node: Descriptor, label: string) {
    this.#node = node;
    this.#label = label;
    this.#algorithm = node.digest.slice(0, node.digest.indexOf(':'));
    this.#hash = createHash(this.#algorithm);
  }

  update(chunk: Uint8Array): void {
    const { digest, size } = this.#node;
    this.#size += chunk.length;
    if (this.#size > size) {
      throw new InvalidInputError(
        `${digest} from ${this.#label} is longer than the ${size} bytes it was said to have`,
      );
    }
    this.#hash.update(chunk);
  }

  end(): void {
    const { digest, size } = this.#node;
    if (this.#size < size) {
      throw new InvalidInputError(
        `${digest} from ${this.#label} ends after ${this.#size} of ${size} bytes`,
      );
    }
    const actual = `${this.#algorithm}:${this.#hash.digest('hex')}`;
    if (actual !== digest) throw new DigestMismatchError(digest, actual, this.#label);
  }
}

/** Passes a stream through a {@link Verifier}. */
export async function* verified(
  bytes: Bytes,
  node: Descriptor,
  label: string,
): AsyncGenerator<Uint8Array, void> {
  const verifier = new Verifier(node, label);
  for await (const chunk of bytes) {
    verifier.update(chunk);
    yield chunk;
  }
  verifier.end();
}
