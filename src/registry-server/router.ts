import { type Digest, isDigest } from '../oci/digest.ts';
import { answerJson, type Exchange } from './answer.ts';
import { deleteBlob, getBlob } from './blob-handlers.ts';
import { Problem } from './errors.ts';
import { listReferrers, listRepositories, listTags } from './list-handlers.ts';
import { deleteManifest, getManifest, putManifest } from './manifest-handlers.ts';
import { isRepositoryName } from './names.ts';
import type { RegistryStorage } from './storage.ts';
import { deleteUpload, getUpload, patchUpload, postUpload, putUpload } from './upload-handlers.ts';

type Handler = (exchange: Exchange) => Promise<void> | void;
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
  ],
});
const READING: readonly (string | undefined)[] = ['GET', 'HEAD'];

/** What answers requests depends on. */
export interface Served {
  readonly storage: RegistryStorage;
  readonly readOnly: boolean;
  /** False while the registry ends. */
  readonly isReady: () => boolean;
}

/**
 * Answers a request. `path` is percent-decoded. Throws Problem for whatever the client got
 * wrong.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints
 */
export async function route(exchange: Exchange, path: string, served: Served): Promise<void> {
  const { method = '' } = exchange.request;
  const methods = methodsAt(path, served);
  if (!methods) throw new Problem(404, 'NAME_UNKNOWN', 'there is nothing at this address');
  const known = method === 'HEAD' ? 'GET' : method;
  const handler = Object.hasOwn(methods, known) ? methods[known as keyof Methods] : undefined;
  if (!handler) {
    const allow = Object.keys(methods).flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one]));
    throw new Problem(405, 'UNSUPPORTED', 'this cannot be done here', { allow: allow.join(', ') });
  }
  if (served.readOnly && !READING.includes(method)) {
    throw new Problem(405, 'UNSUPPORTED', 'this registry is read-only', { allow: 'GET, HEAD' });
  }
  await handler(exchange);
}

function methodsAt(path: string, served: Served): Methods | undefined {
  const { storage, isReady } = served;
  switch (path) {
    case '/v2':
    case '/v2/':
      return { GET: (exchange) => answerJson(exchange, 200, '{}') };
    case '/v2/_catalog':
      return { GET: (exchange) => listRepositories(exchange, storage) };
    case '/v2/_oci/ext/discover':
      return { GET: (exchange) => answerJson(exchange, 200, DISCOVERY) };
    case '/livez':
      return { GET: (exchange) => answerJson(exchange, 200, '{}') };
    case '/readyz':
      return { GET: (exchange) => answerJson(exchange, isReady() ? 200 : 503, '{}') };
  }
  if (!path.startsWith('/v2/')) return undefined;
  return methodsIn(path.slice('/v2/'.length).split('/'), storage);
}

/** `<name>/blobs/<digest>` and the like, from the end: a name may have these words in it too. */
function methodsIn(parts: readonly string[], storage: RegistryStorage): Methods | undefined {
  const [third, kind, last = ''] = parts.slice(-3);
  const name = parts.slice(0, -2).join('/');
  if (third === 'blobs' && kind === 'uploads') {
    const repository = checkedName(parts.slice(0, -3).join('/'));
    return last === '' ? starting(repository, storage) : upload(repository, last, storage);
  }
  switch (kind) {
    case 'blobs':
      if (last === 'uploads') return starting(checkedName(name), storage);
      return blob(checkedName(name), last, storage);
    case 'manifests':
      return manifest(checkedName(name), last, storage);
    case 'referrers':
      return referrers(checkedName(name), last, storage);
    case 'tags':
      if (last !== 'list') return undefined;
      return tags(checkedName(name), storage);
    default:
      return undefined;
  }
}

function starting(name: string, storage: RegistryStorage): Methods {
  return { POST: (exchange) => postUpload(exchange, storage, name) };
}

function upload(name: string, id: string, storage: RegistryStorage): Methods {
  if (!UPLOAD_ID.test(id)) {
    throw new Problem(404, 'BLOB_UPLOAD_UNKNOWN', 'there is no such upload');
  }
  return {
    GET: (exchange) => getUpload(exchange, storage, name, id),
    PATCH: (exchange) => patchUpload(exchange, storage, name, id),
    PUT: (exchange) => putUpload(exchange, storage, name, id),
    DELETE: (exchange) => deleteUpload(exchange, storage, name, id),
  };
}

function blob(name: string, text: string, storage: RegistryStorage): Methods {
  const digest = checkedDigest(text);
  return {
    GET: (exchange) => getBlob(exchange, storage, name, digest),
    DELETE: (exchange) => deleteBlob(exchange, storage, name, digest),
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
  const subject = checkedDigest(text);
  return { GET: (exchange) => listReferrers(exchange, storage, name, subject) };
}

function tags(name: string, storage: RegistryStorage): Methods {
  return { GET: (exchange) => listTags(exchange, storage, name) };
}

function checkedName(text: string): string {
  if (isRepositoryName(text)) return text;
  throw new Problem(400, 'NAME_INVALID', 'the repository cannot be called so');
}

function checkedDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new Problem(400, 'DIGEST_INVALID', 'the digest is none of sha256 or sha512');
}
