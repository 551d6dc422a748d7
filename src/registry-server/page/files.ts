import type { Digest } from '../../oci/digest.ts';
import type { Exchange } from '../answer.ts';
import { Problem } from '../errors.ts';
import type { FilePage } from './api-types.ts';
import type { LayerLists } from './layer-lists.ts';
import { numberIn, searchIn } from './queries.ts';

/** Entries in one answer. */
const PAGE = 500;
const FOUND = 100;
const MOST = 1_000_000;

/** Entries of one directory of a layer, or those that are searched for. Throws Problem 404. */
export async function answerFiles(
  exchange: Exchange,
  lists: LayerLists,
  repository: string,
  layer: Digest,
): Promise<FilePage> {
  const directory = numberIn(exchange, 'dir', { otherwise: 0, most: MOST });
  const from = numberIn(exchange, 'from', { otherwise: 0, most: MOST });
  const search = searchIn(exchange);
  const list = await lists.of(repository, layer);
  if (!list) throw new Problem(404, 'BLOB_UNKNOWN', 'the repository has no such blob');
  const { tree, cut } = list;
  const common = { entries: tree.size, ...(cut !== undefined && { cut }) };
  if (search !== '') return { ...tree.find(search, FOUND), ...common };
  const all = tree.list(directory);
  if (!all) throw new Problem(404, 'BLOB_UNKNOWN', 'the layer has no such directory');
  const next = from + PAGE < all.length ? { next: from + PAGE } : {};
  return { files: all.slice(from, from + PAGE), total: all.length, ...next, ...common };
}
