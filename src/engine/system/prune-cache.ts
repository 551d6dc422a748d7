import { type ChainId, chainOn } from '../../oci/digest.ts';
import type { Store } from '../../store/store.ts';
import type { Tables } from '../../store/tables.ts';

/**
 * Forgets build results whose layers no image and no container has; with `all`, every result.
 * What builds fetched from elsewhere goes, too. Tells how many, and the bytes that the disk got back.
 */
export async function pruneCache(
  store: Store,
  options: { readonly all?: boolean } = {},
): Promise<{ readonly bytes: number; readonly records: number }> {
  const records = store.write((tables) => {
    const needed = options.all === true ? new Set() : neededStacks(tables);
    const useless = tables.cache.list().filter((record) => !needed.has(record.chain));
    for (const record of useless) tables.cache.remove(record.key);
    // What was fetched for builds is like them: it can be had again.
    for (const { key } of tables.sources.list()) tables.sources.remove(key);
    return useless.length;
  });
  const { bytes } = await store.collect();
  return { bytes, records };
}

/** Every stack that lies under an image or a container. */
function neededStacks(tables: Tables): ReadonlySet<ChainId> {
  const tops = [...tables.images.list(), ...tables.containers.list()].map((row) => row.chain);
  const needed = new Set<ChainId>();
  for (const top of new Set(tops)) {
    if (top === undefined) continue;
    let chain: ChainId | undefined;
    for (const layer of tables.layers.stack(top) ?? []) {
      needed.add((chain = chainOn(chain, layer.diffId)));
    }
  }
  return needed;
}
