import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { collect } from '../../src/base/bytes.ts';
import { sendPaced } from './paced.ts';

/** A manifest as it is kept. */
interface Kept {
  readonly mediaType: string;
  readonly data: Buffer;
}

/** What a fault gets to see and may answer itself. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** `manifest`, `blob`, `upload`, `token`, `ping`, `tags`, `referrers`. */
  readonly kind: string;
  /** How many requests of this kind and method came before. */
  readonly before: number;
}

/** Answers in place of the registry and says true, or lets it go on. */
export type Fault = (exchange: Exchange) => boolean | Promise<boolean> | void;

/** How a registry for tests behaves. */
export interface TestRegistryOptions {
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** `alice`:`s3cret` with Basic, or with tokens; `anonymous` gives tokens to everybody. */
  readonly auth?: 'basic' | 'token' | 'anonymous';
  readonly fault?: Fault;
  /** Requests that one token is good for. */
  readonly tokenUses?: number;
  /** `OCI-Chunk-Min-Length` of uploads. */
  readonly chunk?: number;
  readonly deletesTags?: boolean;
  /** Gives entity tags, and heeds `If-Match`. */
  readonly etags?: boolean;
  /** False: blobs come whole or not at all. */
  readonly ranges?: boolean;
  /** Answers who refers to a manifest, two in a page. */
  readonly referrers?: boolean;
}

const USER = 'alice';
const PASSWORD = 's3cret';

/** A registry in memory, for tests: what a client does with it is told in `log`. */
export class TestRegistry implements AsyncDisposable {
  readonly log: string[] = [];
  readonly blobs = new Map<string, Buffer>();
  /** By `repository/tag` and `repository/digest`. */
  readonly manifests = new Map<string, Kept>();
  /** `repository/digest` of blobs, as an upload or {@link add} linked them. */
  readonly links = new Set<string>();
  /** What tokens were asked for. */
  readonly scopes: string[] = [];
  /** Bytes of blobs that were sent. */
  sent = 0;
  fault: Fault | undefined;
  /** What its token service gives to stand for a password. */
  identity: string | undefined;
  /** Takes manifests whose parts it has not got. */
  lenient = false;
  /** What ends with the registry. */
  readonly closing: (() => Promise<void>)[] = [];
  /** Bytes that each answer brings in 10 milliseconds; as many as there are unless given. */
  pace: number | undefined;
  readonly #options: TestRegistryOptions;
  readonly #server: Server;
  readonly #uploads = new Map<string, Buffer[]>();
  readonly #tokens = new Map<string, { uses: number; readonly scopes: readonly string[] }>();
  readonly #counts = new Map<string, number>();

  private constructor(options: TestRegistryOptions) {
    this.#options = options;
    this.fault = options.fault;
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      this.#serve(request, response).catch(() => response.destroy());
    };
    const { tls } = options;
    this.#server = tls
      ? createSecureServer({ ...tls, ...(tls.ca !== undefined && { requestCert: true }) }, listener)
      : createServer(listener);
  }

  static async open(options: TestRegistryOptions = {}): Promise<TestRegistry> {
    const registry = new TestRegistry(options);
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.closing) await close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Keeps a blob in a repository; returns its descriptor. */
  add(
    repository: string,
    data: Buffer,
    mediaType: string,
  ): { mediaType: string; digest: string; size: number } {
    const digest = digestOf(data);
    this.blobs.set(digest, data);
    this.links.add(`${repository}/${digest}`);
    return { mediaType, digest, size: data.length };
  }

  /** Keeps a manifest under its digest and a tag. */
  tag(repository: string, tag: string, manifest: object | Buffer, mediaType: string): string {
    const data = Buffer.isBuffer(manifest) ? manifest : Buffer.from(JSON.stringify(manifest));
    const digest = digestOf(data);
    for (const name of [tag, digest])
      this.manifests.set(`${repository}/${name}`, { data, mediaType });
    return digest;
  }

  /** How often a line of the log fits. */
  count(pattern: RegExp): number {
    return this.log.filter((line) => pattern.test(line)).length;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'x'}`);
    const kind = kindOf(url.pathname);
    const key = `${request.method} ${kind}`;
    const before = this.#counts.get(key) ?? 0;
    this.#counts.set(key, before + 1);
    this.log.push(`${request.method} ${url.pathname}${url.search}`);
    if (await this.fault?.({ request, response, url, kind, before })) return;
    if (kind === 'token') return this.#token(request, response, url);
    if (!this.#isAllowed(request, url)) return this.#challenge(response, url);
    const [, repository = '', what = '', name = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.+)$/.exec(url.pathname) ?? [];
    if (kind === 'ping') return void response.end('{}');
    if (what === 'tags') return this.#tags(response, repository);
    if (what === 'referrers' && this.#options.referrers === true) {
      return this.#referrers(response, url, repository, name);
    }
    if (what === 'manifests') return this.#manifest(request, response, repository, name);
    if (what === 'blobs' && name.startsWith('uploads/')) {
      return this.#upload(request, response, url, repository, name.slice('uploads/'.length));
    }
    if (what === 'blobs') return this.#blob(request, response, repository, name);
    fail(response, 404, 'UNSUPPORTED', 'no such thing');
  }

  #isAllowed(request: IncomingMessage, url: URL): boolean {
    const { auth } = this.#options;
    if (auth === undefined) return true;
    const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(' ');
    if (auth === 'basic') return scheme === 'Basic' && value === base64(`${USER}:${PASSWORD}`);
    const token = this.#tokens.get(value);
    if (scheme !== 'Bearer' || !token || token.uses <= 0) return false;
    token.uses -= 1;
    return url.pathname === '/v2/' || token.scopes.includes(scopeOf(request, url));
  }

  #challenge(response: ServerResponse, url: URL): void {
    const realm = `http${this.#options.tls ? 's' : ''}://${this.host}/token`;
    const header =
      this.#options.auth === 'basic'
        ? 'Basic realm="test"'
        : `Bearer realm="${realm}",service="test",scope="${scopeOf(undefined, url)}"`;
    response.setHeader('www-authenticate', header);
    fail(response, 401, 'UNAUTHORIZED', 'authentication required');
  }

  async #token(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const form = new URLSearchParams((await collect(request)).toString());
    const shown = request.headers.authorization;
    const isAlice =
      shown === `Basic ${base64(`${USER}:${PASSWORD}`)}` || form.get('refresh_token') === PASSWORD;
    const isWrong =
      shown !== undefined || form.size > 0 ? !isAlice : this.#options.auth === 'token';
    if (isWrong) return fail(response, 401, 'UNAUTHORIZED', 'incorrect username or password');
    const scopes = [...url.searchParams.getAll('scope'), ...(form.get('scope')?.split(' ') ?? [])];
    this.scopes.push(scopes.join(' '));
    const token = randomUUID();
    const rights = scopes.flatMap((scope) => {
      const [, name = '', all = ''] = /^repository:([^:]+):(.*)$/.exec(scope) ?? [];
      return all.split(',').map((right) => `${name}:${right}`);
    });
    this.#tokens.set(token, { uses: this.#options.tokenUses ?? 1e9, scopes: rights });
    response.setHeader('content-type', 'application/json');
    const { identity: refresh_token } = this;
    response.end(JSON.stringify({ token, expires_in: 300, refresh_token }));
  }

  #tags(response: ServerResponse, repository: string): void {
    const tags = [...this.manifests.keys()].flatMap((key) => {
      const at = key.lastIndexOf('/');
      const name = key.slice(at + 1);
      return key.slice(0, at) === repository && !name.includes(':') ? [name] : [];
    });
    if (tags.length === 0) return fail(response, 404, 'NAME_UNKNOWN', 'repository name not known');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name: repository, tags }));
  }

  #referrers(response: ServerResponse, url: URL, repository: string, subject: string): void {
    const found = [...this.manifests].flatMap(([key, { data, mediaType }]) => {
      const digest = key.slice(repository.length + 1);
      if (key !== `${repository}/${digestOf(data)}`) return [];
      const manifest = JSON.parse(data.toString()) as {
        subject?: { digest: string };
        artifactType?: string;
        annotations?: object;
      };
      const { artifactType, annotations } = manifest;
      if (manifest.subject?.digest !== subject) return [];
      return [{ mediaType, digest, size: data.length, artifactType, annotations }];
    });
    const from = Number(url.searchParams.get('from') ?? 0);
    if (from + 2 < found.length) {
      response.setHeader('link', `<${url.pathname}?from=${from + 2}>; rel="next"`);
    }
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    response.setHeader('content-type', mediaType);
    const manifests = found.slice(from, from + 2);
    response.end(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  }

  async #manifest(
    request: IncomingMessage,
    response: ServerResponse,
    repository: string,
    name: string,
  ): Promise<void> {
    if (request.method === 'PUT') {
      const data = await collect(request);
      const missing = partsOf(data).find(
        (digest) =>
          !this.links.has(`${repository}/${digest}`) &&
          !this.manifests.has(`${repository}/${digest}`),
      );
      if (missing !== undefined && !this.lenient)
        return fail(response, 404, 'MANIFEST_BLOB_UNKNOWN', missing);
      const tag = name.includes(':') ? digestOf(data) : name;
      const before = this.manifests.get(`${repository}/${tag}`)?.data;
      const wanted = request.headers['if-match'];
      if (wanted !== undefined && (!before || wanted !== `"${digestOf(before)}"`)) {
        return fail(response, 412, 'PRECONDITION_FAILED', 'it is another one now');
      }
      this.tag(repository, tag, data, request.headers['content-type'] ?? '');
      const { subject } = JSON.parse(data.toString()) as { subject?: { digest: string } };
      if (subject && this.#options.referrers === true) {
        response.setHeader('oci-subject', subject.digest);
      }
      response.writeHead(201, { 'docker-content-digest': digestOf(data) }).end();
      return;
    }
    const kept = this.manifests.get(`${repository}/${name}`);
    if (request.method === 'DELETE' && kept) return this.#delete(response, repository, name);
    if (!kept) return fail(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    response.setHeader('content-type', kept.mediaType);
    response.setHeader('docker-content-digest', digestOf(kept.data));
    if (this.#options.etags === true) response.setHeader('etag', `"${digestOf(kept.data)}"`);
    this.#bytes(request, response, kept.data);
  }

  /** Tags alone can only be removed where the options say so. */
  #delete(response: ServerResponse, repository: string, name: string): void {
    if (!name.includes(':') && this.#options.deletesTags !== true) {
      return fail(response, 405, 'UNSUPPORTED', 'The operation is unsupported.');
    }
    for (const [key, { data }] of this.manifests) {
      const isOfIt = key.startsWith(`${repository}/`) && digestOf(data) === name;
      if (isOfIt || key === `${repository}/${name}`) this.manifests.delete(key);
    }
    response.writeHead(202).end();
  }

  #blob(
    request: IncomingMessage,
    response: ServerResponse,
    repository: string,
    digest: string,
  ): void {
    const data = this.links.has(`${repository}/${digest}`) ? this.blobs.get(digest) : undefined;
    if (!data) return fail(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    response.setHeader('content-type', 'application/octet-stream');
    if (this.#options.ranges !== false) response.setHeader('accept-ranges', 'bytes');
    const [, first = '0', last = ''] =
      /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const start = this.#options.ranges === false ? 0 : Number(first);
    const end = last === '' ? data.length : Math.min(data.length, Number(last) + 1);
    if (start === 0 && last === '') return this.#bytes(request, response, data);
    if (start >= data.length) return void response.writeHead(416).end();
    response.setHeader('content-range', `bytes ${start}-${end - 1}/${data.length}`);
    response.statusCode = 206;
    this.#bytes(request, response, data.subarray(start, end));
  }

  #bytes(request: IncomingMessage, response: ServerResponse, data: Buffer): void {
    response.setHeader('content-length', data.length);
    if (request.method === 'HEAD') return void response.end();
    sendPaced(response, data, this.pace, (size) => (this.sent += size));
  }

  async #upload(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    repository: string,
    id: string,
  ): Promise<void> {
    const location = (upload: string): string =>
      `/v2/${repository}/blobs/uploads/${upload}?state=a%2Fb`;
    if (request.method === 'POST') {
      await collect(request);
      const [mount, from] = [url.searchParams.get('mount'), url.searchParams.get('from')];
      if (mount !== null && this.links.has(`${from}/${mount}`)) {
        this.links.add(`${repository}/${mount}`);
        return void response.writeHead(201, { 'docker-content-digest': mount }).end();
      }
      const upload = randomUUID();
      this.#uploads.set(upload, []);
      const { chunk } = this.#options;
      if (chunk !== undefined) response.setHeader('oci-chunk-min-length', chunk);
      return void response.writeHead(202, { location: location(upload), range: '0-0' }).end();
    }
    const chunks = this.#uploads.get(id);
    if (!chunks || url.searchParams.get('state') !== 'a/b') {
      return fail(response, 404, 'BLOB_UPLOAD_UNKNOWN', 'upload unknown');
    }
    // What came before a connection breaks is kept.
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const data = Buffer.concat(chunks);
    if (request.method !== 'PUT') {
      const range = `0-${Math.max(0, data.length - 1)}`;
      const status = request.method === 'PATCH' ? 202 : 204;
      return void response.writeHead(status, { location: location(id), range }).end();
    }
    this.#uploads.delete(id);
    const digest = url.searchParams.get('digest') ?? '';
    if (digestOf(data) !== digest) return fail(response, 400, 'DIGEST_INVALID', 'digest mismatch');
    this.add(repository, data, '');
    response.writeHead(201, { 'docker-content-digest': digest }).end();
  }
}

/** An answer in the form of the specification. */
export function fail(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}

/** SHA-256, with its algorithm before it. */
export function digestOf(data: Buffer): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function kindOf(path: string): string {
  if (path === '/v2/') return 'ping';
  if (path === '/token') return 'token';
  const [, what = 'other', rest = ''] =
    /\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(path) ?? [];
  return what === 'blobs' && rest.startsWith('uploads')
    ? 'upload'
    : what.replace(/(?<=manifest|blob)s$/, '');
}

function scopeOf(request: IncomingMessage | undefined, url: URL): string {
  const [, name = ''] =
    /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(url.pathname) ?? [];
  const isRead = request === undefined || request.method === 'GET' || request.method === 'HEAD';
  if (request === undefined) return name === '' ? '' : `repository:${name}:pull`;
  if (request.method === 'DELETE') return `${name}:delete`;
  return `${name}:${isRead ? 'pull' : 'push'}`;
}

function partsOf(data: Buffer): string[] {
  const manifest = JSON.parse(data.toString()) as {
    config?: { digest: string };
    layers?: { digest: string }[];
    manifests?: { digest: string }[];
  };
  const parts = [manifest.config, ...(manifest.layers ?? []), ...(manifest.manifests ?? [])];
  return parts.flatMap((part) => part?.digest ?? []);
}
