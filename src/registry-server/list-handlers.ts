import { type Digest } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { answerJson, type Exchange } from './answer.ts';
import { Problem } from './errors.ts';
import type { Awaitable, Referrer, RegistryStorage } from './storage.ts';

/** The most names on a page; the most referrers, and about how many bytes they have. */
const PAGE_LIMIT = 10_000;
const REFERRER_LIMIT = 1000;
const REFERRER_BYTES = 3 * 1024 * 1024;

/**
 * `GET` of the tags.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
 */
export async function listTags(
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
): Promise<void> {
  if (!(await storage.hasRepository(repository))) {
    throw new Problem(404, 'NAME_UNKNOWN', 'there is no such repository');
  }
  const { names: tags, link } = await page(exchange, (after, limit) =>
    storage.tags(repository, { after, limit }),
  );
  const name = exchange.shown?.repository ?? repository;
  const headers = link(`/v2/${name}/tags/list`);
  answerJson(exchange, 200, JSON.stringify({ name, tags }), headers);
}

/** `GET` of the names of the repositories. */
export async function listRepositories(
  exchange: Exchange,
  storage: RegistryStorage,
): Promise<void> {
  const { names: repositories, link } = await page(exchange, (after, limit) =>
    listable(exchange, storage, after, limit),
  );
  answerJson(exchange, 200, JSON.stringify({ repositories }), link('/v2/_catalog'));
}

/** The next repositories that the caller may pull from. */
async function listable(
  { access, caller }: Exchange,
  storage: RegistryStorage,
  after: string | undefined,
  limit: number,
): Promise<readonly string[]> {
  const batch = access.seesAll(caller) ? limit : PAGE_LIMIT;
  const found: string[] = [];
  for (let last = after; ;) {
    const names = await storage.repositories({ after: last, limit: batch });
    found.push(...names.filter((name) => access.mayList(caller, name)));
    last = names.at(-1);
    if (found.length >= limit || names.length < batch) return found.slice(0, limit);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * `GET` of what refers to a manifest.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export async function listReferrers(
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
  subject: Digest,
): Promise<void> {
  // A plus sign that was not encoded is read as a space, which no media type has.
  const artifactType = exchange.query.get('artifactType')?.replaceAll(' ', '+') || undefined;
  const after = exchange.query.get('last') ?? '0';
  if (!/^\d{1,15}$/.test(after)) {
    throw new Problem(400, 'UNSUPPORTED', '"last" is not from the link of another page');
  }
  const limit = Math.min(count(exchange) ?? REFERRER_LIMIT, REFERRER_LIMIT);
  const found = await storage.referrers(repository, subject, {
    after: Number(after),
    artifactType,
    limit,
  });
  const { shown, isMore } = fitting(found, limit);
  const last = shown.at(-1);
  const query = new URLSearchParams({
    ...(artifactType !== undefined && { artifactType }),
    n: String(limit),
    ...(last && { last: String(last.place) }),
    ...nsOf(exchange),
  });
  const name = exchange.shown?.repository ?? repository;
  const body = `{"schemaVersion":2,"mediaType":"${MediaType.ociIndex}","manifests":[${shown
    .map(({ descriptor }) => descriptor)
    .join(',')}]}`;
  answerJson(exchange, 200, body, {
    'content-type': MediaType.ociIndex,
    ...(artifactType !== undefined && { 'oci-filters-applied': 'artifactType' }),
    ...(last &&
      isMore && {
        link: next(`/v2/${name}/referrers/${subject}`, query),
      }),
  });
}

/** As many as go into one answer, and at least one unless none is asked for. */
function fitting(
  referrers: Iterable<Referrer>,
  limit: number,
): { readonly shown: readonly Referrer[]; readonly isMore: boolean } {
  const shown: Referrer[] = [];
  let size = 0;
  for (const referrer of referrers) {
    size += referrer.descriptor.length;
    if (shown.length === limit || (shown.length > 0 && size > REFERRER_BYTES)) {
      return { shown, isMore: true };
    }
    shown.push(referrer);
  }
  return { shown, isMore: false };
}

/** A page of names by `n` and `last`, and the header that leads to the next one. */
async function page(
  exchange: Exchange,
  list: (after: string | undefined, limit: number) => Awaitable<readonly string[]>,
): Promise<{ names: readonly string[]; link: (path: string) => Record<string, string> }> {
  const asked = count(exchange);
  const limit = Math.min(asked ?? PAGE_LIMIT, PAGE_LIMIT);
  const found = limit === 0 ? [] : await list(exchange.query.get('last') ?? undefined, limit + 1);
  const names = found.slice(0, limit);
  const last = names.at(-1);
  return {
    names,
    link: (path) =>
      last === undefined || names.length === found.length
        ? {}
        : { link: next(path, new URLSearchParams({ n: String(limit), last, ...nsOf(exchange) })) },
  };
}

/** The query parameter `n`. */
function count({ query }: Exchange): number | undefined {
  const text = query.get('n');
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Problem(400, 'UNSUPPORTED', '"n" is not a number of entries');
}

/** The registry that the client said it wants, which it may not say again of a page. */
function nsOf({ shown }: Exchange): { readonly ns?: string } {
  return shown?.ns === undefined ? {} : { ns: shown.ns };
}

function next(path: string, query: URLSearchParams): string {
  return `<${path}?${query.toString()}>; rel="next"`;
}
