import { StaveError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import type { HttpResponse } from '../net/request.ts';
import type { Connection, Connections } from './connection.ts';
import { RegistryAccessError, RegistryError } from './errors.ts';
import { HUB } from './host.ts';
import { faultIn, faultText, jsonAnswer } from './json-answer.ts';
import { Fields } from '../oci/json.ts';
import { nextPage } from './pages.ts';

/** A repository that a search found. */
export interface Found {
  /** As `pull` takes it: `busybox`, `registry.example.com/team/app`. */
  readonly name: string;
  readonly description: string;
  readonly stars: number;
  readonly official: boolean;
}

/** What to look for. */
export interface Search {
  /** `docker.io` searches Docker Hub. */
  readonly registry: string;
  readonly term: string;
  /** The most results. */
  readonly limit: number;
}

/** Where Docker Hub answers searches. */
const HUB_SEARCH = 'index.docker.io';
/** Pages of a catalogue, and repositories of a page. */
const PAGES = 1000;
const PAGE = 1000;

/**
 * Repositories whose name, or description where the registry knows one, has the term. Where a
 * registry has no search its catalogue is looked through; one that has neither is a
 * RegistryError. Throws NetError, RegistryAccessError, RegistryConfigError too.
 *
 * @see https://github.com/moby/moby/blob/v28.5.2/registry/search.go
 * @see https://distribution.github.io/distribution/spec/api/#listing-repositories
 */
export async function search(
  connections: Connections,
  { registry, term, limit }: Search,
  call: CallOptions = {},
): Promise<Found[]> {
  // What files say of the registry counts here too: that it is blocked, or may be insecure.
  connections.route({ registry, repository: '' });
  const isHub = registry === HUB.name;
  const connection = connections.to(isHub ? HUB_SEARCH : registry);
  if (isHub) return await asked(connection, { term, limit, prefix: '' }, call);
  const prefix = `${registry}/`;
  let failure: unknown;
  try {
    return await listed(connection, { term, limit, prefix }, call);
  } catch (error) {
    if (!(error instanceof RegistryError || error instanceof RegistryAccessError)) throw error;
    failure = error;
  }
  try {
    return await asked(connection, { term, limit, prefix }, call);
  } catch (error) {
    if (!(error instanceof StaveError)) throw error;
    if (failure instanceof RegistryAccessError) throw failure;
    throw new RegistryError(`${registry} offers neither a search nor a catalogue`, {
      hint: `'stave tags ${registry}/NAME' lists the tags of a repository whose name is known.`,
      cause: failure,
    });
  }
}

interface Wanted {
  readonly term: string;
  readonly limit: number;
  /** What stands before the names that the registry gives. */
  readonly prefix: string;
}

/** By the search of Docker's first registries, which Docker Hub still has. */
async function asked(
  connection: Connection,
  { term, limit, prefix }: Wanted,
  call: CallOptions,
): Promise<Found[]> {
  const query = new URLSearchParams({ q: term, n: String(limit) });
  const response = await connection.ask(
    { target: `/v1/search?${query.toString()}`, scopes: [] },
    call,
  );
  if (response.status !== 200) throw await refused(response, connection);
  const fields = await jsonAnswer(response, `the search of ${connection.registry}`);
  const results = fields.optionalList('results', PAGE * PAGES) ?? [];
  return results.slice(0, limit).map((result) => {
    const one = new Fields(result, 'a result of the search');
    return {
      name: `${prefix}${one.text('name').replace(/^library\//, '')}`,
      description: one.optionalText('description') ?? '',
      stars: one.optionalInteger('star_count', 0, Number.MAX_SAFE_INTEGER) ?? 0,
      official: one.optionalBoolean('is_official') ?? false,
    };
  });
}

/** By the names in the catalogue. */
async function listed(
  connection: Connection,
  { term, limit, prefix }: Wanted,
  call: CallOptions,
): Promise<Found[]> {
  const found: Found[] = [];
  const seen = new Set<string>();
  const wanted = term.toLowerCase();
  let target: string | URL | undefined = `/v2/_catalog?n=${PAGE}`;
  while (target !== undefined && found.length < limit) {
    if (seen.has(String(target)) || seen.size >= PAGES) {
      throw new RegistryError(`${connection.registry} lists its repositories without end`);
    }
    seen.add(String(target));
    const response: HttpResponse = await connection.ask(
      { target, scopes: ['registry:catalog:*'] },
      call,
    );
    if (response.status !== 200) throw await refused(response, connection);
    const fields = await jsonAnswer(response, `the catalogue of ${connection.registry}`);
    for (const name of fields.optionalTexts('repositories', PAGE * PAGES) ?? []) {
      if (found.length === limit) break;
      if (!name.includes(wanted)) continue;
      found.push({ name: `${prefix}${name}`, description: '', stars: 0, official: false });
    }
    target = nextPage(response);
  }
  return found;
}

async function refused(response: HttpResponse, { registry }: Connection): Promise<Error> {
  const { status } = response;
  const fault = await faultIn(response);
  const said = fault ? faultText(fault) : `status ${status}`;
  if (status === 401 || status === 403) {
    return new RegistryAccessError(`${registry} does not let us search: ${said}`, {
      hint: `'stave login ${registry}' stores credentials.`,
    });
  }
  return new RegistryError(`${registry} refused the search: ${said}`, { status });
}
