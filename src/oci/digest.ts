import { createHash, type Hash } from 'node:crypto';

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

/** The SHA-256 digest of bytes at hand. */
export function digestOf(data: Uint8Array | string): Digest {
  return finish(createHash('sha256').update(data));
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
