import { InvalidInputError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { isDigest, type Digest, type DiffId } from '../../oci/digest.ts';
import { Fields, parseJson } from '../../oci/json.ts';
import { LAYER_COUNT_LIMIT } from '../../oci/limits.ts';
import { parseDescriptor } from '../../oci/parse-manifest.ts';
import type { Ingredient } from '../../store/tables.ts';

/** Media types of a cache that lies elsewhere. */
export const CacheMedia = {
  /** {@link CacheDocument} as JSON: the config of the cache's manifest. */
  document: 'application/vnd.stave.cache.v1+json',
  /** A piece of a cache mount's tar, compressed by itself. */
  mount: 'application/vnd.stave.cache.mount.v1.tar+zstd',
} as const;

/** The member of an image config that makes the image its own cache. */
export const INLINE_KEY = 'vnd.stave.cache.v1';

/** Bytes; more than a million records would not be read in useful time. */
export const CACHE_DOCUMENT_LIMIT = 64 * 1024 * 1024;
const MANY = 100_000;
const CHUNKS = 10_000;
/** Characters; longer names are not taken. */
export const NAME_LIMIT = 4096;

/** One thing a key was made of. What would tell the value of an argument stays at home. */
export type SharedIngredient = Omit<Ingredient, 'digest'> & { readonly digest?: Digest };

/** A result of another machine. */
export interface SharedRecord {
  readonly key: string;
  readonly canonicalKey?: string;
  /** As in `CacheRow`, without the Dockerfile's path. */
  readonly place: string;
  readonly ingredients: readonly SharedIngredient[];
  /** Index into the document's chains. */
  readonly chain: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds. */
  readonly took: number;
}

/** A layer on a stack. */
export interface SharedChain {
  /** Index into the document's layers. */
  readonly layer: number;
  /** Index of the chain below; always smaller than its own. Absent at the bottom. */
  readonly below?: number;
}

/** A layer, with its blob unless a base image brings it. */
export interface SharedLayer {
  readonly diffId: DiffId;
  readonly blob?: Descriptor;
}

/** A cache mount: its tar is what its chunks decompress to, one after the other. */
export interface SharedMount {
  readonly id: string;
  /** Bytes of its tar. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
  readonly chunks: readonly Descriptor[];
}

/** All that a cache elsewhere knows, apart from the blobs. */
export interface CacheDocument {
  readonly layers: readonly SharedLayer[];
  readonly chains: readonly SharedChain[];
  readonly records: readonly SharedRecord[];
  readonly mounts: readonly SharedMount[];
}

/** The layers of a chain, bottom first. */
export function layersOf({ chains, layers }: CacheDocument, chain: number): SharedLayer[] {
  const found: SharedLayer[] = [];
  for (let at: number | undefined = chain; at !== undefined;) {
    const link: SharedChain | undefined = chains[at];
    const layer = link && layers[link.layer];
    if (!layer) throw new TypeError(`no chain ${at}`);
    found.push(layer);
    at = link.below;
  }
  return found.reverse();
}

/** The bytes of a document. The same value gives the same bytes. */
export function encodeCache(document: CacheDocument): Buffer {
  return Buffer.from(JSON.stringify(cacheMember(document)));
}

/** A document as the JSON that {@link cacheOf} reads. */
export function cacheMember({
  layers,
  chains,
  records,
  mounts = [],
}: Omit<CacheDocument, 'mounts'> & Partial<CacheDocument>): unknown {
  return {
    version: 1,
    layers: layers.map(({ diffId, blob }) => ({ diffId, ...(blob && { blob: plain(blob) }) })),
    chains: chains.map(({ layer, below }) => (below === undefined ? [layer] : [layer, below])),
    records: records.map((record) => ({
      key: record.key,
      ...(record.canonicalKey !== undefined && { canonicalKey: record.canonicalKey }),
      place: record.place,
      ingredients: record.ingredients.map(({ kind, name, digest, text }) => [
        kind,
        name,
        digest ?? null,
        ...(text === undefined ? [] : [text]),
      ]),
      chain: record.chain,
      createdAt: record.createdAt,
      took: record.took,
    })),
    ...(mounts.length > 0 && {
      mounts: mounts.map((mount) => ({ ...mount, chunks: mount.chunks.map(plain) })),
    }),
  };
}

function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

/**
 * Reads a document from outside: everything in it is checked before anything of it is used.
 * Throws InvalidInputError.
 */
export function parseCache(data: Uint8Array): CacheDocument {
  return cacheOf(parseJson(data, CACHE_DOCUMENT_LIMIT, 'the cache'));
}

/** As {@link parseCache}, of JSON that was parsed before. */
export function cacheOf(json: unknown): CacheDocument {
  const fields = new Fields(json, 'the cache');
  if (fields.integer('version', 1, Number.MAX_SAFE_INTEGER) !== 1) {
    throw new InvalidInputError('the cache was written by a later version');
  }
  const layers = fields.list('layers', MANY).map(layerOf);
  const depths: number[] = [];
  const chains = fields.list('chains', MANY).map((value, at) => {
    const chain = chainOf(value, at, layers.length);
    const depth = chain.below === undefined ? 1 : (depths[chain.below] ?? 0) + 1;
    if (depth > LAYER_COUNT_LIMIT) throw invalid(`chain ${at}`, 'has too many layers');
    depths.push(depth);
    return chain;
  });
  return {
    layers,
    chains,
    records: fields.list('records', MANY).map((value) => recordOf(value, chains.length)),
    mounts: fields.optionalList('mounts', MANY)?.map(mountOf) ?? [],
  };
}

function layerOf(value: unknown): SharedLayer {
  const fields = new Fields(value, 'a layer of the cache');
  const blob = fields.optionalFields('blob');
  return {
    diffId: sha256(fields.text('diffId'), 'a layer') as string as DiffId,
    ...(blob && { blob: parseDescriptor(blob.json, 'a blob of the cache') }),
  };
}

function chainOf(value: unknown, at: number, layers: number): SharedChain {
  const [layer, below, more] = Array.isArray(value) ? (value as unknown[]) : [];
  if (!isIndex(layer, layers) || more !== undefined) throw invalid(`chain ${at}`, 'is not valid');
  if (below === undefined) return { layer };
  if (!isIndex(below, at)) throw invalid(`chain ${at}`, 'lies on a later one');
  return { layer, below };
}

function recordOf(value: unknown, chains: number): SharedRecord {
  const fields = new Fields(value, 'a record of the cache');
  const canonical = fields.optionalText('canonicalKey');
  return {
    key: sha256(fields.text('key'), 'a key'),
    ...(canonical !== undefined && { canonicalKey: sha256(canonical, 'a key') }),
    place: bounded(fields.text('place'), 'a place'),
    ingredients: fields.list('ingredients', MANY).map(ingredientOf),
    chain: fields.integer('chain', 0, chains - 1),
    createdAt: fields.integer('createdAt', 0, Number.MAX_SAFE_INTEGER),
    took: fields.integer('took', 0, Number.MAX_SAFE_INTEGER),
  };
}

/** The compiler sees to it that none is left out. */
const KINDS: Readonly<Record<Ingredient['kind'], true>> = {
  instruction: true,
  parent: true,
  base: true,
  arg: true,
  env: true,
  file: true,
  mount: true,
  platform: true,
  flag: true,
};

function ingredientOf(value: unknown): SharedIngredient {
  const [kind, name, digest, text, more] = Array.isArray(value) ? (value as unknown[]) : [];
  if (!isKind(kind) || typeof name !== 'string' || more !== undefined) {
    throw invalid('an ingredient', 'is not valid');
  }
  if (text !== undefined && typeof text !== 'string') throw invalid('a text', 'is not valid');
  return {
    kind,
    name: bounded(name, 'the name of an ingredient'),
    ...(digest !== null && { digest: sha256(digest, 'an ingredient') }),
    ...(text !== undefined && { text: bounded(text, 'a text') }),
  };
}

function mountOf(value: unknown): SharedMount {
  const fields = new Fields(value, 'a cache mount');
  return {
    id: bounded(fields.text('id'), 'the id of a cache mount'),
    size: fields.integer('size', 0, Number.MAX_SAFE_INTEGER),
    usedAt: fields.integer('usedAt', 0, Number.MAX_SAFE_INTEGER),
    chunks: fields
      .list('chunks', CHUNKS)
      .map((chunk) => parseDescriptor(chunk, 'a piece of a cache mount')),
  };
}

function isKind(value: unknown): value is Ingredient['kind'] {
  return typeof value === 'string' && Object.hasOwn(KINDS, value);
}

function isIndex(value: unknown, length: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < length;
}

function sha256(value: unknown, what: string): Digest {
  if (typeof value === 'string' && isDigest(value) && value.startsWith('sha256:')) return value;
  throw invalid(what, 'is not a digest');
}

function bounded(text: string, what: string): string {
  if (text.length <= NAME_LIMIT) return text;
  throw invalid(what, 'is too long');
}

function invalid(what: string, how: string): InvalidInputError {
  return new InvalidInputError(`${what} of the cache ${how}`);
}
