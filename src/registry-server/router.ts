import { type Digest, isDigest } from '../oci/digest.ts';
import { type Access, type Action, type Caller, type Need, NOBODY } from './access/access.ts';
import { answer, answerJson, type Exchange } from './answer.ts';
import { deleteBlob, getBlob } from './blob-handlers.ts';
import { Problem } from './errors.ts';
import { listHistory } from './history-handler.ts';
import { listReferrers, listRepositories, listTags } from './list-handlers.ts';
import { deleteManifest, getManifest, putManifest } from './manifest-handlers.ts';
import type { Mirror } from './mirror/mirror.ts';
import { isRepositoryName } from './names.ts';
import type { Page } from './page/page.ts';
import type { Route } from './routes.ts';
import type { RegistryStorage } from './storage.ts';
import { deleteUpload, getUpload, patchUpload, postUpload, putUpload } from './upload-handlers.ts';

type Handler = (exchange: Exchange) => Promise<void> | void;
type UploadHandler = (
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
  id: string,
) => Promise<void>;
/** What can be done at one address, by method. HEAD is what GET is. */
type Methods = Readonly<Partial<Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', Handler>>>;

const UPLOAD_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DISCOVERY = JSON.stringify({
  extensions: [
    {
      name: '_oci',
      description: 'What this registry has beyond the specification',
      url: 'https://github.com/opencontainers/distribution-spec/tree/main/extensions',
      endpoints: ['_oci/ext/discover'],
    },
    {
      name: '_stave',
      description: 'What the tags of a repository have meant',
      url: 'https://github.com/opencontainers/distribution-spec/tree/main/extensions',
      endpoints: ['_stave/log'],
    },
  ],
});
const READING: readonly (string | undefined)[] = ['GET', 'HEAD'];

const FIGURES_HEAD = {
  'content-type': 'text/plain; version=0.0.4; charset=utf-8',
  'cache-control': 'no-store',
};
const NOTHING: Need = { kind: 'nothing' };
const GREETING: Need = { kind: 'a greeting' };

/** What answers requests depends on. */
export interface Served {
  readonly storage: RegistryStorage;
  readonly readOnly: boolean;
  readonly mirror: Pick<Mirror, 'isMirrored' | 'meant'> | undefined;
  /** False while the registry ends, and while its storage cannot be used. */
  readonly isReady: () => boolean | Promise<boolean>;
  /** For browsers; undefined when it is turned off. */
  readonly page: Page | undefined;
  /** Figures at `/metrics`, for those who may see them. */
  readonly figures?: Figures | undefined;
}

/** What is told of the registry itself. */
export interface Figures {
  /** The text of Prometheus. */
  readonly text: () => Promise<string>;
  readonly maySee: (caller: Caller) => boolean;
}

/** An address: what can be done there, and what that needs. */
interface Place {
  readonly methods: Methods;
  readonly need: Need;
  readonly route: Route;
}

/**
 * Answers a request. `path` is percent-decoded. Throws Problem for whatever the client got
 * wrong.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints
 */
export async function route(exchange: Exchange, path: string, served: Served): Promise<void> {
  const { request, access, limits } = exchange;
  const { method = '' } = request;
  const known = method === 'HEAD' ? 'GET' : method;
  const place = placeAt(path, known, served, access, nameReader(exchange, served));
  if (!place) throw new Problem(404, 'NAME_UNKNOWN', 'there is nothing at this address');
  exchange.route = place.route;
  const { methods } = place;
  const need = withSource(place.need, exchange);
  const handler = Object.hasOwn(methods, known) ? methods[known as keyof Methods] : undefined;
  if (!handler) {
    const allow = Object.keys(methods).flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one]));
    throw new Problem(405, 'UNSUPPORTED', 'this cannot be done here', { allow: allow.join(', ') });
  }
  exchange.need = need;
  const address = (): string => access.addressOf(request);
  if (need.kind !== 'nothing') {
    try {
      const caller = access.identify(request);
      exchange.caller = caller instanceof Promise ? await caller : caller;
    } catch (error) {
      // Whoever shows what is wrong counts as nobody, but does count.
      limits.admit(NOBODY, address);
      throw error;
    }
  }
  // Whoever watches over the registry asks as often as it likes.
  if (place.route !== 'health') limits.admit(exchange.caller, address);
  const refusal = access.refusal(request, exchange.caller, need);
  if (refusal) throw refusal;
  if (served.readOnly && need.kind === 'repository' && !READING.includes(method)) {
    throw new Problem(405, 'UNSUPPORTED', 'this registry is read-only', { allow: 'GET, HEAD' });
  }
  const isPush = need.kind === 'repository' && need.action === 'push';
  if (isPush && served.mirror?.isMirrored(need.repository) === true) {
    throw new Problem(405, 'UNSUPPORTED', 'what is in this repository comes from elsewhere', {
      allow: 'GET, HEAD, DELETE',
    });
  }
  await handler(exchange);
}

/** A blob that is mounted is pulled from where it is. */
function withSource(need: Need, { query }: Exchange): Need {
  if (need.kind !== 'repository' || need.action !== 'push' || !query.has('mount')) return need;
  const source = query.get('from');
  if (source === null || source === need.repository || !isRepositoryName(source)) return need;
  return { ...need, source };
}

function placeAt(
  path: string,
  method: string,
  { storage, isReady, page, figures }: Served,
  access: Access,
  read: NameReader,
): Place | undefined {
  const to = (kind: Route, need: Need, GET: Handler): Place => ({
    route: kind,
    need,
    methods: { GET },
  });
  switch (path) {
    case '/v2':
    case '/v2/':
      return to('base', GREETING, (exchange) => answerJson(exchange, 200, '{}'));
    case '/v2/_catalog':
      return to('catalog', { kind: 'catalog' }, (exchange) => listRepositories(exchange, storage));
    case '/v2/_oci/ext/discover':
      return to('discover', GREETING, (exchange) => answerJson(exchange, 200, DISCOVERY));
    case '/livez':
    case '/healthz':
      return to('health', NOTHING, (exchange) => answerJson(exchange, 200, '{}'));
    case '/readyz':
      return to('health', NOTHING, async (exchange) =>
        answerJson(exchange, (await isReady()) ? 200 : 503, '{}'),
      );
    case '/metrics':
      return figures && to('metrics', GREETING, (exchange) => showFigures(exchange, figures));
  }
  if (path.startsWith('/v2/')) {
    return placeIn(path.slice('/v2/'.length).split('/'), method, storage, read);
  }
  const methods = access.addresses.get(path);
  if (methods) return { methods, need: NOTHING, route: 'token' };
  const shown = page?.at(path);
  return shown && to('page', shown.need, shown.answer);
}

async function showFigures(exchange: Exchange, { text, maySee }: Figures): Promise<void> {
  if (!maySee(exchange.caller)) {
    throw new Problem(403, 'DENIED', 'the rules of this registry do not allow it');
  }
  answer(exchange, 200, FIGURES_HEAD, await text());
}

/** `<name>/blobs/<digest>` and the like, from the end: a name may have these words in it too. */
function placeIn(
  parts: readonly string[],
  method: string,
  storage: RegistryStorage,
  read: NameReader,
): Place | undefined {
  const [third, kind, last = ''] = parts.slice(-3);
  const name = parts.slice(0, -2).join('/');
  const action = method === 'GET' ? 'pull' : method === 'DELETE' ? 'delete' : 'push';
  const at = (
    place: Route,
    repository: string,
    methods: Methods,
    needed: Action = action,
  ): Place => ({
    route: place,
    methods,
    need: { kind: 'repository', repository, action: needed },
  });
  if (third === 'blobs' && kind === 'uploads') {
    const repository = read(parts.slice(0, -3).join('/'));
    // Looking at an upload and leaving it are a part of pushing.
    if (last === '') return at('uploads', repository, starting(repository, storage), 'push');
    return at('upload', repository, upload(repository, last, storage), 'push');
  }
  switch (kind) {
    case 'blobs': {
      const repository = read(name);
      if (last === 'uploads')
        return at('uploads', repository, starting(repository, storage), 'push');
      return at('blob', repository, blob(repository, last, storage));
    }
    case 'manifests': {
      const repository = read(name);
      return at('manifest', repository, manifest(repository, last, storage));
    }
    case 'referrers': {
      const repository = read(name);
      return at('referrers', repository, referrers(repository, last, storage));
    }
    case '_stave': {
      if (last !== 'log') return undefined;
      const repository = read(name);
      return at('log', repository, {
        GET: (exchange) => listHistory(exchange, storage, repository),
      });
    }
    case 'tags': {
      if (last !== 'list') return undefined;
      const repository = read(name);
      return at('tags', repository, tags(repository, storage));
    }
    default:
      return undefined;
  }
}

function starting(name: string, storage: RegistryStorage): Methods {
  return { POST: (exchange) => postUpload(exchange, storage, name) };
}

function upload(name: string, id: string, storage: RegistryStorage): Methods {
  const known =
    (handler: UploadHandler): Handler =>
    (exchange) => {
      if (!UPLOAD_ID.test(id)) {
        throw new Problem(404, 'BLOB_UPLOAD_UNKNOWN', 'there is no such upload');
      }
      return handler(exchange, storage, name, id);
    };
  return {
    GET: known(getUpload),
    PATCH: known(patchUpload),
    PUT: known(putUpload),
    DELETE: known(deleteUpload),
  };
}

function blob(name: string, text: string, storage: RegistryStorage): Methods {
  return {
    GET: (exchange) => getBlob(exchange, storage, name, checkedDigest(text)),
    DELETE: (exchange) => deleteBlob(exchange, storage, name, checkedDigest(text)),
  };
}

function manifest(name: string, reference: string, storage: RegistryStorage): Methods {
  return {
    GET: (exchange) => getManifest(exchange, storage, name, reference),
    PUT: (exchange) => putManifest(exchange, storage, name, reference),
    DELETE: (exchange) => deleteManifest(exchange, storage, name, reference),
  };
}

function referrers(name: string, text: string, storage: RegistryStorage): Methods {
  return {
    GET: (exchange) => listReferrers(exchange, storage, name, checkedDigest(text)),
  };
}

function tags(name: string, storage: RegistryStorage): Methods {
  return { GET: (exchange) => listTags(exchange, storage, name) };
}

/** Names as they are in addresses, and the repositories that are meant by them. */
type NameReader = (text: string) => string;

/** Without mirrors a name is what it is. What a client calls otherwise, it is told of by that name. */
function nameReader(exchange: Exchange, { mirror }: Served): NameReader {
  if (!mirror) return checkedName;
  return (text) => {
    const shown = checkedName(text);
    const { query, request } = exchange;
    const ns = query.get('ns') || undefined;
    const meant = mirror.meant(shown, ns, request.headers.host);
    if (meant !== shown || ns !== undefined) exchange.shown = { repository: shown, ns };
    return meant;
  };
}

function checkedName(text: string): string {
  if (isRepositoryName(text)) return text;
  throw new Problem(400, 'NAME_INVALID', 'the repository cannot be called so');
}

function checkedDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new Problem(400, 'DIGEST_INVALID', 'the digest is none of sha256 or sha512');
}
