import { limiter, together } from '../../base/limit.ts';
import type { Exchange } from '../answer.ts';
import { Problem } from '../errors.ts';
import type { RegistryStorage } from '../storage.ts';
import type { TagPage, TagRow } from './api-types.ts';
import { numberIn, searchIn } from './queries.ts';
import { type Summaries, wholeSize } from './summaries.ts';

const PAGE = 30;
const PAGE_LIMIT = 100;
/** Tags, and changes of tags, that one request looks at. */
const LOOKED_AT = 10_000;
/** Tags that are looked at side by side, for storages that are far away. */
const AT_ONCE = 8;

/** A page of the tags of a repository, by name or (`sort=newest`) with the last change first. */
export async function tagPage(
  exchange: Exchange,
  summaries: Summaries,
  repository: string,
): Promise<TagPage> {
  const { storage } = summaries;
  if (!(await storage.hasRepository(repository))) {
    throw new Problem(404, 'NAME_UNKNOWN', 'there is no such repository');
  }
  const limit = Math.max(1, numberIn(exchange, 'n', { otherwise: PAGE, most: PAGE_LIMIT }));
  const from = numberIn(exchange, 'from', { otherwise: 0, most: LOOKED_AT });
  const search = searchIn(exchange);
  const all = await storage.tags(repository, { after: undefined, limit: LOOKED_AT + 1 });
  const named = all
    .slice(0, LOOKED_AT)
    .filter((tag) => search === '' || tag.toLowerCase().includes(search));
  const isNewest = exchange.query.get('sort') === 'newest';
  const sorted = isNewest ? await newestFirst(storage, repository, named) : named;
  const slot = limiter(AT_ONCE);
  const rows = sorted
    .slice(from, from + limit)
    .map((tag) => slot(() => rowOf(summaries, repository, tag)));
  const tags = await together(rows, new AbortController());
  return {
    // What was removed in the meantime is not there.
    tags: tags.filter((row) => row !== undefined),
    total: sorted.length,
    ...(from + limit < sorted.length && { next: from + limit }),
    isCut: all.length > LOOKED_AT,
  };
}

/** Tags of which no change is remembered come last. */
async function newestFirst(
  storage: RegistryStorage,
  repository: string,
  tags: readonly string[],
): Promise<readonly string[]> {
  const changes = (await storage.history?.(repository, undefined, LOOKED_AT)) ?? [];
  const known = new Set(tags);
  const order = new Set(changes.map(({ tag }) => tag).filter((tag) => known.has(tag)));
  return [...order, ...tags.filter((tag) => !order.has(tag))];
}

async function rowOf(
  summaries: Summaries,
  repository: string,
  tag: string,
): Promise<TagRow | undefined> {
  const { storage } = summaries;
  const stored = await storage.manifest(repository, tag);
  const summary = stored && (await summaries.of(repository, stored));
  if (!summary) return undefined;
  const [change] = (await storage.history?.(repository, tag, 1)) ?? [];
  return {
    tag,
    digest: summary.digest,
    kind: summary.kind,
    ...(summary.artifactType !== undefined && { artifactType: summary.artifactType }),
    platforms: summary.platforms,
    size: wholeSize(summary),
    ...(change && { pushed: new Date(change.at).toISOString() }),
    ...(summary.created !== undefined && { created: summary.created }),
  };
}
