import type { Descriptor } from '../../oci/descriptor.ts';
import type { DiffId } from '../../oci/digest.ts';
import type { Store } from '../../store/store.ts';
import type { Ingredient } from '../../store/tables.ts';
import type { Vertex } from '../graph.ts';
import type { Outcome } from '../solver-parts.ts';
import {
  NAME_LIMIT,
  type CacheDocument,
  type SharedChain,
  type SharedIngredient,
  type SharedLayer,
  type SharedRecord,
} from './document.ts';
import { shared, type ImportedCaches } from './imported.ts';

/** A record that can be shared, with its stack. */
export interface ShareableRecord {
  readonly record: Omit<SharedRecord, 'chain'>;
  /** Bottom first. */
  readonly layers: readonly DiffId[];
}

/** What may go into a cache: records, and which of their layers base images bring. */
export interface Shareable {
  readonly records: readonly ShareableRecord[];
  readonly base: ReadonlySet<DiffId>;
}

/**
 * The records of finished steps. `min`: of the steps that the targets stand on. `max`: of all
 * that were looked at. Arguments are named, but nothing is said of their values; paths of the
 * machine stay out.
 */
export async function shareable(
  outcomes: readonly Outcome[],
  mode: 'min' | 'max',
  targets: readonly (Vertex | undefined)[],
  parts: { readonly store: Store; readonly imported: ImportedCaches | undefined },
): Promise<Shareable> {
  const below = new Set<Vertex>();
  for (const target of targets) for (let at = target; at; at = at.base) below.add(at);
  const records = new Map<string, ShareableRecord>();
  const base = new Set<DiffId>();
  for (const { vertex, keyed } of outcomes) {
    if (vertex.op.kind === 'image') {
      for (const diffId of vertex.op.layers) base.add(diffId);
      continue;
    }
    if (mode === 'min' && !below.has(vertex)) continue;
    for (const key of [keyed.alias?.key, keyed.own]) {
      const found = key === undefined ? undefined : await recordOf(key, parts);
      if (found) records.set(found.record.key, found);
    }
  }
  return { records: [...records.values()], base };
}

async function recordOf(
  key: string,
  parts: { readonly store: Store; readonly imported: ImportedCaches | undefined },
): Promise<ShareableRecord | undefined> {
  const own = parts.store.read(({ cache, layers }) => {
    const row = cache.get(key);
    const stack = row && layers.stack(row.chain);
    return row && stack && { row, layers: stack.map(({ diffId }) => diffId) };
  });
  if (own) {
    const { place, ingredients, createdAt, took, canonicalKey } = own.row;
    const record = {
      key,
      place: shared(place).slice(0, NAME_LIMIT),
      ingredients: ingredients.map(withoutValue),
      createdAt,
      took,
      ...(canonicalKey !== undefined && { canonicalKey }),
    };
    return { record, layers: own.layers };
  }
  const found = await parts.imported?.record(key);
  return found && { record: found.record, layers: found.layers };
}

/** Even a keyed hash of an argument would tell others which builds had the same. */
function withoutValue(one: Ingredient): SharedIngredient {
  const { kind } = one;
  const name = one.name.slice(0, NAME_LIMIT);
  return kind === 'arg' ? { kind, name } : { ...one, name };
}

/** The layers whose blobs a cache has to hold. */
export function neededLayers({ records, base }: Shareable): DiffId[] {
  const all = new Set(records.flatMap(({ layers }) => layers));
  return [...all].filter((diffId) => !base.has(diffId));
}

/** Puts records and blobs into a document. */
export function documentOf(
  { records, base }: Shareable,
  blobs: ReadonlyMap<DiffId, Descriptor>,
): Pick<CacheDocument, 'layers' | 'chains' | 'records'> {
  const layers: SharedLayer[] = [];
  const chains: SharedChain[] = [];
  const layerAt = new Map<DiffId, number>();
  const chainAt = new Map<string, number>();
  const chainOf = (stack: readonly DiffId[]): number | undefined => {
    let below: number | undefined;
    for (const diffId of stack) {
      let layer = layerAt.get(diffId);
      if (layer === undefined) {
        const blob = blobs.get(diffId);
        layerAt.set(diffId, (layer = layers.push({ diffId, ...(blob && { blob }) }) - 1));
      }
      const name = `${below ?? ''} ${layer}`;
      let chain = chainAt.get(name);
      if (chain === undefined) {
        chain = chains.push({ layer, ...(below !== undefined && { below }) }) - 1;
        chainAt.set(name, chain);
      }
      below = chain;
    }
    return below;
  };
  const all: SharedRecord[] = [];
  for (const { record, layers: stack } of records) {
    // Without its blob a layer could not be had; an image brings them all itself.
    if (blobs.size > 0 && !stack.every((one) => base.has(one) || blobs.has(one))) continue;
    const chain = chainOf(stack);
    if (chain !== undefined) all.push({ ...record, chain });
  }
  return { layers, chains, records: all };
}
