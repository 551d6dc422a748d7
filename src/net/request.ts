import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestOptions } from 'node:https';
import type { SecureContext } from 'node:tls';
import type { Bytes } from '../base/bytes.ts';
import { InvalidInputError } from '../base/errors.ts';
import { contents, sendBody } from './body.ts';
import { NetError, netError } from './errors.ts';
import { proxyFor, type ProxySettings } from './proxy.ts';
import { Stall } from './stall.ts';
import { connectThrough, proxyAuthorization } from './tunnel.ts';
import { basicAuthorization, shownUrl } from './url.ts';

/** What is trusted and shown when TLS is spoken. */
export interface TlsSettings {
  /** Authorities in PEM that are trusted besides those of the system. */
  readonly ca?: readonly string[];
  /** A certificate of ours with its key, in PEM. */
  readonly cert?: string;
  readonly key?: string;
  /** False: any certificate will do. */
  readonly verify?: boolean;
}

/** How a client connects. */
export interface HttpOptions {
  readonly proxy?: ProxySettings;
  readonly userAgent?: string;
  /**
   * Milliseconds without a byte after which a request fails; 30 s unless given. The first byte of
   * an answer may take twice as long.
   */
  readonly stall?: number;
  /** Milliseconds that connecting may take, TLS included; 10 s unless given. */
  readonly connect?: number;
}

/** One request. */
export interface HttpRequest {
  readonly method?: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes at hand, or a stream; a stream without `content-length` is sent in chunks. */
  readonly body?: Uint8Array | Bytes;
  /** How many redirects of a GET or HEAD are followed; 0 hands them to the caller. 10 unless given. */
  readonly redirects?: number;
  readonly tls?: TlsSettings;
  /** Instead of the client's own. */
  readonly connect?: number | undefined;
  /** More milliseconds until an answer begins: for what takes its time. */
  readonly work?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What came back. The body is to be read to its end, left early, or dropped with `discard`. */
export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; values of a header that came twice are joined with commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where it came from in the end. */
  readonly url: URL;
  /** As it was sent: nothing is decompressed. */
  readonly body: Bytes;
  /** Drops the body; the connection can be used again when it is short. */
  discard(): Promise<void>;
}

/** Connections that are kept open between requests. Leaving the scope closes them. */
export interface HttpClient extends Disposable {
  /** Throws NetError when no answer comes. An answer of any status is an answer. */
  request(url: string | URL, request?: HttpRequest): Promise<HttpResponse>;
}

const STALL = 30_000;
const CONNECT = 10_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** What speaks of the sender and is never sent on to another origin. */
const PRIVATE = new Set(['authorization', 'cookie', 'proxy-authorization']);
/** Of a body nobody wants, so much is read to keep the connection. */
const WORTH_READING = 64 * 1024;

/** A client without connections yet. */
export function openClient(options: HttpOptions = {}): HttpClient {
  const agents = new Map<string, Agent>();
  const agentFor: Exchange['agentFor'] = (url, proxy, tls) => {
    const secure = url.protocol === 'https:';
    const key = secure ? `${proxy?.href ?? ''} ${JSON.stringify(tls)}` : 'plain';
    let agent = agents.get(key);
    if (!agent) {
      // So many at once keep what 64 streams take below 200 MB; the others wait for their turn.
      const kept = { keepAlive: true, maxSockets: 32 } as const;
      if (secure) {
        const { Agent } = process.getBuiltinModule('node:https');
        const verify = tls.verify !== false;
        agent = new Agent({
          ...kept,
          secureContext: secureContext(tls),
          rejectUnauthorized: verify,
        });
        if (proxy) connectThrough(agent, proxy, options.connect ?? CONNECT);
      } else {
        agent = new (process.getBuiltinModule('node:http').Agent)(kept);
      }
      agents.set(key, agent);
    }
    return agent;
  };
  const client: Exchange = { options, agentFor, open: new WeakSet() };
  return {
    request: (url, request = {}) => follow(client, parsed(url), request),
    [Symbol.dispose]() {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

interface Exchange {
  readonly options: HttpOptions;
  readonly agentFor: (url: URL, proxy: URL | undefined, tls: TlsSettings) => Agent;
  /** Connections that stand. */
  readonly open: WeakSet<Socket>;
}

function parsed(url: string | URL): URL {
  const text = String(url);
  const value = URL.canParse(text) ? new URL(text) : undefined;
  if (value?.protocol === 'http:' || value?.protocol === 'https:') return value;
  throw new InvalidInputError(`${JSON.stringify(shownUrl(text))} is no http(s) URL`);
}

/** What Node trusts, what this machine trusts, and what was given. */
export function secureContext({ ca = [], cert, key }: TlsSettings): SecureContext {
  const tls = process.getBuiltinModule('node:tls');
  const trusted = (['default', 'system'] as const).flatMap((kind) => tls.getCACertificates(kind));
  return tls.createSecureContext({
    minVersion: 'TLSv1.2',
    ca: [...new Set([...trusted, ...ca])],
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  });
}

async function follow(client: Exchange, first: URL, request: HttpRequest): Promise<HttpResponse> {
  const { method = 'GET', redirects = 10 } = request;
  let url = first;
  let headers = lowerCased(request.headers ?? {});
  for (let left = method === 'GET' || method === 'HEAD' ? redirects : 0; ; left -= 1) {
    const response = await exchange(client, url, { ...request, headers });
    const { location } = response.headers;
    if (redirects === 0 || !REDIRECTS.has(response.status) || location === undefined) {
      return response;
    }
    if (method !== 'GET' && method !== 'HEAD') return response;
    await response.discard();
    if (left === 0) throw new NetError(`${shownUrl(first)} redirects more than ${redirects} times`);
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (!next || (next.protocol !== 'http:' && next.protocol !== 'https:')) {
      throw new NetError(`${shownUrl(first)} redirects to what is no http(s) URL`);
    }
    if (next.origin !== url.origin) {
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !PRIVATE.has(name)));
    } else if (next.username === '' && next.password === '') {
      [next.username, next.password] = [url.username, url.password];
    }
    url = next;
  }
}

async function exchange(client: Exchange, url: URL, request: HttpRequest): Promise<HttpResponse> {
  const { signal, method = 'GET', body, work = 0 } = request;
  signal?.throwIfAborted();
  const done = `cannot ${method === 'GET' || method === 'HEAD' ? 'read' : 'write to'}`;
  const { agent, options } = requestOptions(client, url, request);
  const secure = url.protocol === 'https:';
  const { request: send } = secure
    ? process.getBuiltinModule('node:https')
    : process.getBuiltinModule('node:http');
  const limit = client.options.stall ?? STALL;
  const stall = new Stall(limit);
  const outgoing = send({ ...options, agent, method });
  const stop = (): void => void outgoing.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  const release = (): void => {
    stall.stop();
    signal?.removeEventListener('abort', stop);
  };
  let stalled: NetError | undefined;
  stall.onStall((why) => {
    stalled = new NetError(`${done} ${shownUrl(url)}: ${why}`, { errno: 'ETIMEDOUT' });
    outgoing.destroy(stalled);
  });
  const failed = (error: unknown): unknown =>
    signal?.aborted ? signal.reason : netError(done, shownUrl(url), stalled ?? error);
  try {
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve);
      // Stays: a connection may break when the answer has long begun.
      outgoing.on('error', reject);
    });
    answer.catch(() => {});
    // A server may answer before it has read everything; what it says counts then.
    const connecting = request.connect ?? client.options.connect ?? CONNECT;
    const connected = connection(outgoing, client.open, () => {
      stall.wait(connecting, 'no connection within');
    });
    const sent = sendBody(outgoing, body, { stall, connected, answer: 2 * limit + work });
    const incoming = await Promise.race([answer, sent.then(() => answer)]);
    sent.catch(() => {});
    stall.rest();
    const bytes = contents(incoming, stall, release, failed);
    return {
      status: incoming.statusCode ?? 0,
      headers: joined(incoming),
      url,
      body: bytes,
      async discard() {
        let size = 0;
        for await (const chunk of bytes) if ((size += chunk.length) > WORTH_READING) break;
      },
    };
  } catch (error) {
    outgoing.destroy();
    release();
    throw failed(error);
  }
}

/** Waits for a connection, one of those that stand or a new one: then `begun` is told when it begins. */
function connection(
  outgoing: ClientRequest,
  open: WeakSet<Socket>,
  begun: () => void,
): Promise<void> {
  return new Promise((resolve) => {
    outgoing.once('close', resolve);
    outgoing.once('socket', (socket: Socket) => {
      if (open.has(socket)) return resolve();
      begun();
      const stands = (): void => {
        open.add(socket);
        resolve();
      };
      socket.once('encrypted' in socket ? 'secureConnect' : 'connect', stands);
    });
  });
}

function requestOptions(
  client: Exchange,
  url: URL,
  { headers = {}, body, tls = {} }: HttpRequest,
): { agent: Agent; options: RequestOptions } {
  const proxy = proxyFor(url, client.options.proxy ?? {});
  const authorization = basicAuthorization(url);
  const all: Record<string, string | number> = {
    'user-agent': client.options.userAgent ?? 'stave',
    accept: '*/*',
    'accept-encoding': 'identity',
    ...(authorization !== undefined && { authorization }),
    ...headers,
    ...(body instanceof Uint8Array && { 'content-length': body.length }),
  };
  const agent = client.agentFor(url, proxy, tls);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const path = `${url.pathname}${url.search}`;
  if (url.protocol === 'https:') {
    const { isIP } = process.getBuiltinModule('node:net');
    return {
      agent,
      options: {
        host,
        port: url.port || 443,
        path,
        headers: all,
        ...(isIP(host) === 0 && { servername: host }),
      },
    };
  }
  if (!proxy) return { agent, options: { host, port: url.port || 80, path, headers: all } };
  const permission = proxyAuthorization(proxy);
  return {
    agent,
    options: {
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || 80,
      // A proxy is told the whole URL; who we are to the server stands in a header of its own.
      path: `http://${url.host}${path}`,
      headers: { host: url.host, ...all, ...permission },
    },
  };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function joined({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const all: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) all[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return all;
}
