import type { Exchange } from '../answer.ts';
import type { RegistryStorage } from '../storage.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';

/** What can be told of. `tag`: a tag was pushed, or removed. */
export const EVENT_ACTIONS = ['push', 'pull', 'delete', 'mount', 'tag'] as const;

/** One of {@link EVENT_ACTIONS}. */
export type EventAction = (typeof EVENT_ACTIONS)[number];

/** What it happened to. */
export interface EventTarget {
  readonly repository: string;
  readonly mediaType?: string | undefined;
  readonly digest?: string | undefined;
  /** In bytes. */
  readonly size?: number | undefined;
  readonly tag?: string | undefined;
  /** Where a mounted blob came from, if the client said so. */
  readonly from?: string | undefined;
  readonly isManifest: boolean;
}

/** Something that was done to a repository. */
export interface RegistryEvent {
  readonly id: string;
  /** RFC 3339. */
  readonly time: string;
  readonly action: EventAction;
  readonly target: EventTarget;
  readonly request: {
    readonly id: string;
    readonly address: string;
    readonly host: string;
    readonly method: string;
    readonly agent: string;
  };
  /** The user; none for those who have not signed in. */
  readonly actor: string | undefined;
}

/** An event without what is the same for all events of a request. */
export type EventCore = Pick<RegistryEvent, 'action' | 'target'>;

/** The longest user agent that is told, in characters. */
const AGENT_LIMIT = 256;
const BLOB_TYPE = 'application/octet-stream';

/** What a request that was answered comes down to; mostly nothing. Looks up what it does not say. */
export async function eventsOf(
  exchange: Exchange,
  wanted: ReadonlySet<EventAction>,
  storage: RegistryStorage,
): Promise<readonly EventCore[]> {
  const { request, response, need, route } = exchange;
  const { method } = request;
  const { statusCode: status } = response;
  if (need.kind !== 'repository' || status >= 300) return [];
  const { repository } = need;
  if (route === 'manifest') {
    if (method === 'GET') return wanted.has('pull') ? [pulled(exchange, repository, true)] : [];
    if (method === 'PUT') return pushed(exchange, repository, wanted, storage);
    return method === 'DELETE' ? removed(exchange, repository, wanted) : [];
  }
  if (route === 'blob') {
    if (method === 'GET') return wanted.has('pull') ? [pulled(exchange, repository, false)] : [];
    if (method !== 'DELETE' || !wanted.has('delete')) return [];
    const digest = lastPart(exchange);
    return [{ action: 'delete', target: { repository, digest, isManifest: false } }];
  }
  if (status !== 201 || (route !== 'upload' && route !== 'uploads')) return [];
  return blobCame(exchange, repository, wanted, storage);
}

/** The fields that all events of a request share. */
export function requestOf(exchange: Exchange): Pick<RegistryEvent, 'request' | 'actor'> {
  const { request, access, caller, id } = exchange;
  return {
    request: {
      id,
      address: access.addressOf(request),
      host: request.headers.host ?? '',
      method: request.method ?? '',
      agent: (request.headers['user-agent'] ?? '').slice(0, AGENT_LIMIT),
    },
    actor: caller.name,
  };
}

function pulled({ response, path }: Exchange, repository: string, isManifest: boolean): EventCore {
  const reference = path.slice(path.lastIndexOf('/') + 1);
  const size = Number(response.getHeader('content-length'));
  return {
    action: 'pull',
    target: {
      repository,
      digest: textOf(response.getHeader('docker-content-digest')),
      mediaType: textOf(response.getHeader('content-type')),
      ...(Number.isSafeInteger(size) && { size }),
      ...(isManifest && !isDigest(reference) && { tag: reference }),
      isManifest,
    },
  };
}

async function pushed(
  exchange: Exchange,
  repository: string,
  wanted: ReadonlySet<EventAction>,
  storage: RegistryStorage,
): Promise<readonly EventCore[]> {
  const { response } = exchange;
  const digest = textOf(response.getHeader('docker-content-digest')) ?? '';
  const reference = lastPart(exchange);
  const more = response.getHeader('oci-tag');
  const tags = isDigest(reference) ? (Array.isArray(more) ? more : []) : [reference];
  const manifest = await storage.manifest(repository, digest);
  const target = {
    repository,
    digest,
    mediaType: manifest?.mediaType,
    size: manifest?.size,
    isManifest: true,
  };
  const of = (action: EventAction, names: readonly (string | undefined)[]): EventCore[] =>
    wanted.has(action) ? names.map((tag) => ({ action, target: { ...target, tag } })) : [];
  return [...of('push', tags.length > 0 ? tags : [undefined]), ...of('tag', tags)];
}

function removed(
  exchange: Exchange,
  repository: string,
  wanted: ReadonlySet<EventAction>,
): readonly EventCore[] {
  const reference = lastPart(exchange);
  const isTag = !isDigest(reference);
  const target = {
    repository,
    ...(isTag ? { tag: reference } : { digest: reference }),
    isManifest: true,
  };
  const actions = (isTag ? ['delete', 'tag'] : ['delete']) as readonly EventAction[];
  return actions.filter((one) => wanted.has(one)).map((action) => ({ action, target }));
}

async function blobCame(
  { request, response, query }: Exchange,
  repository: string,
  wanted: ReadonlySet<EventAction>,
  storage: RegistryStorage,
): Promise<readonly EventCore[]> {
  const isMount = request.method === 'POST' && query.has('mount');
  const action = isMount ? 'mount' : 'push';
  if (!wanted.has(action)) return [];
  const digest = (textOf(response.getHeader('docker-content-digest')) ?? '') as Digest;
  const size = await storage.blobSize(repository, digest);
  const from = isMount ? (query.get('from') ?? undefined) : undefined;
  const target = { repository, digest, mediaType: BLOB_TYPE, size, from, isManifest: false };
  return [{ action, target }];
}

function lastPart({ path }: Exchange): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function textOf(value: number | string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
