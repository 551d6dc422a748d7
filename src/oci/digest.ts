import { createHash, createHmac, type Hash } from 'node:crypto';
import { hmacSha256, sha256 } from '../base/sha256.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/**
 * The content address of a blob: `algorithm:encoded`.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests
 */
export type Digest = Branded<'Digest'>;

/**
 * The digest of a layer's *uncompressed* tar. Never use it to fetch: registries
 * address layers by the {@link Digest} of the compressed bytes.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#layer-diffid
 */
export type DiffId = Branded<'DiffId'>;

/** Names a stack of layers, hence a committed snapshot. See {@link chainId}. */
export type ChainId = Branded<'ChainId'>;

const PATTERN = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** True for a digest of a known algorithm with the right number of lower-case hex digits. */
export function isDigest(text: string): text is Digest {
  return PATTERN.test(text);
}

/** The text as a digest. Throws TypeError when it is none. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw new TypeError(`not a digest: ${JSON.stringify(text)}`);
  return text;
}

/** Bytes that are hashed without `node:crypto`; what needs more soon gains by it. */
let withoutCrypto = 32 * 1024;

const isShort = ({ length }: Uint8Array): boolean => (withoutCrypto -= length) > 0;

/** The SHA-256 digest of bytes at hand. */
export function digestOf(data: Uint8Array | string): Digest {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  if (isShort(bytes)) return `sha256:${sha256(bytes).toString('hex')}` as Digest;
  return finish(createHash('sha256').update(bytes));
}

/** The digest of bytes with the algorithm of another one. */
export function digestLike(other: Digest, data: Uint8Array): Digest {
  if (other.startsWith('sha256:')) return digestOf(data);
  return `sha512:${createHash('sha512').update(data).digest('hex')}` as Digest;
}

/** The HMAC with SHA-256 of a text, in the form of a digest. */
export function hmacOf(secret: string, text: string): Digest {
  const bytes = Buffer.from(text);
  const hmac = isShort(bytes)
    ? hmacSha256(Buffer.from(secret), bytes)
    : createHmac('sha256', secret).update(bytes).digest();
  return `sha256:${hmac.toString('hex')}` as Digest;
}

/**
 * A SHA-256 of what comes in pieces and is usually short: as long as it is, `node:crypto` is
 * not needed.
 */
export class PieceHash {
  #held: Buffer[] = [];
  #hash: Hash | undefined;

  /** Text is hashed as UTF-8 unless said otherwise. */
  update(data: string | Uint8Array, encoding?: 'latin1'): this {
    if (this.#hash === undefined) {
      const bytes = typeof data === 'string' ? Buffer.from(data, encoding) : Buffer.from(data);
      this.#held.push(bytes);
      if (isShort(bytes)) return this;
      this.#hash = createHash('sha256').update(Buffer.concat(this.#held));
      this.#held = [];
    } else if (typeof data === 'string') this.#hash.update(data, encoding ?? 'utf8');
    else this.#hash.update(data);
    return this;
  }

  /** The digest of all that came. Call it once. */
  digest(): Digest {
    if (this.#hash !== undefined) return finish(this.#hash);
    return `sha256:${sha256(Buffer.concat(this.#held)).toString('hex')}` as Digest;
  }
}

/** Reads a SHA-256 hash out as a digest. The hash cannot be updated afterwards. */
export function finish(hash: Hash): Digest {
  return `sha256:${hash.digest('hex')}` as Digest;
}

/** The part after `sha256:`. */
export function encoded(digest: Digest | DiffId | ChainId): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/**
 * The identity of a layer on top of a stack:
 *
 *     chain(L0)       = diff(L0)
 *     chain(L0..Ln)   = sha256(chain(L0..Ln-1) + " " + diff(Ln))
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#layer-chainid
 */
export function chainOn(below: ChainId | undefined, diff: DiffId): ChainId {
  return (below === undefined ? diff : digestOf(`${below} ${diff}`)) as string as ChainId;
}

/**
 * The identity of a whole stack, folded from the bottom layer. Two images that share their
 * first `n` layers share the first `n` chain IDs, so they share snapshots; a diff ID alone
 * says nothing about what lies beneath.
 */
export function chainId(layers: readonly DiffId[]): ChainId | undefined {
  return layers.reduce<ChainId | undefined>((below, diff) => chainOn(below, diff), undefined);
}
