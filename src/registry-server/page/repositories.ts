import { breather } from '../../base/limit.ts';
import type { Exchange } from '../answer.ts';
import type { RegistryStorage } from '../storage.ts';
import type { RepositoryPage, RepositoryRow } from './api-types.ts';
import { numberIn, searchIn } from './queries.ts';

const PAGE = 50;
const PAGE_LIMIT = 200;
const BATCH = 1000;
/** Names that one request looks at; a search goes on behind them with the next one. */
const LOOKED_AT = 20_000;
/** Tags of a repository that are counted. */
const COUNTED = 1000;

/** Repositories that the caller may pull from and whose names have what is searched for. */
export async function repositoryPage(
  exchange: Exchange,
  storage: RegistryStorage,
): Promise<RepositoryPage> {
  const { access, caller, query } = exchange;
  const limit = Math.max(1, numberIn(exchange, 'n', { otherwise: PAGE, most: PAGE_LIMIT }));
  const search = searchIn(exchange);
  const breathe = breather();
  const found: string[] = [];
  let last = query.get('last') ?? undefined;
  let isMore = true;
  for (let looked = 0; isMore && found.length <= limit && looked < LOOKED_AT; looked += BATCH) {
    const names = await storage.repositories({ after: last, limit: BATCH });
    found.push(...names.filter((name) => name.includes(search) && access.mayList(caller, name)));
    last = names.at(-1) ?? last;
    isMore = names.length === BATCH;
    await breathe();
  }
  const shown = found.slice(0, limit);
  const next = found.length > limit ? shown.at(-1) : isMore ? last : undefined;
  const repositories: RepositoryRow[] = [];
  for (const name of shown) {
    repositories.push(await rowOf(storage, name));
    await breathe();
  }
  return { repositories, ...(next !== undefined && { next }) };
}

/** Only where the storage has it at hand: from far away each row would be some requests. */
async function rowOf(storage: RegistryStorage, name: string): Promise<RepositoryRow> {
  if (!storage.history) return { name };
  const tags = await storage.tags(name, { after: undefined, limit: COUNTED + 1 });
  const [change] = await storage.history(name, undefined, 1);
  return {
    name,
    tags: Math.min(tags.length, COUNTED),
    ...(tags.length > COUNTED && { hasMoreTags: true }),
    ...(change && { changed: new Date(change.at).toISOString() }),
  };
}
