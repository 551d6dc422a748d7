import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { SecureContextOptions, Server as TlsServer } from 'node:tls';
import { type Clock, systemClock } from '../base/clock.ts';
import { isErrno } from '../base/errors.ts';
import type { Access } from './access/access.ts';
import { openToAll } from './access/open-to-all.ts';
import type { Exchange } from './answer.ts';
import type { AuditRecord, AuditScope } from './audit.ts';
import { ListenError } from './errors.ts';
import { Limits, type LimitSettings } from './limits.ts';
import { StorageHealth } from './health.ts';
import { requestIds } from './request-ids.ts';
import type { Figures } from './router.ts';
import { makePage, type Page } from './page/page.ts';
import { serve, type Serving } from './serve.ts';
import type { Mirror } from './mirror/mirror.ts';
import type { RegistryStorage } from './storage.ts';

/** How long an ending may last, and how often slow heads are looked for; in milliseconds. */
const PATIENCE = 10_000;
const HEAD_LOOK = 5000;
/** How often connections without a request are cut while the registry ends, in milliseconds. */
const IDLE_LOOK = 50;

/** What TLS is spoken with, in PEM. */
export interface TlsMaterial {
  /** The certificate and those that lead to its authority. */
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
  /** Authorities of clients, whose certificates are asked for then. */
  readonly clientCa?: Uint8Array | undefined;
  /** Clients without a certificate are turned away. */
  readonly requireClient?: boolean | undefined;
}

/** What a registry is made of. */
export interface RegistryServerOptions {
  /** Without one all of the machine's addresses. */
  readonly host?: string | undefined;
  /** 0 for any that is free. */
  readonly port: number;
  /** A listening socket that this process was started with takes the place of host and port. */
  readonly descriptor?: number | undefined;
  readonly storage: RegistryStorage;
  readonly readOnly: boolean;
  /** Repositories that come from registries elsewhere; `storage` is the mirror's then. */
  readonly mirror?: Pick<Mirror, 'behind' | 'isMirrored' | 'meant'> | undefined;
  /** Without it plain HTTP is spoken. */
  readonly tls?: TlsMaterial | undefined;
  /** Who may do what; everyone everything by default. Whoever opened it ends it. */
  readonly access?: Access | undefined;
  readonly limits?: LimitSettings | undefined;
  /** The folder of the page for browsers; without one there is no page. */
  readonly page?: string | undefined;
  /** Is told what was done, by whom. */
  readonly audit?: ((record: AuditRecord) => void) | undefined;
  /** What `audit` is told of; `changes` by default. */
  readonly auditScope?: AuditScope | undefined;
  /** The machine's clock by default. */
  readonly clock?: Clock | undefined;
  /** How long requests may go on after `close`, in milliseconds; ten seconds by default. */
  readonly patience?: number | undefined;
  /** Is told of every request that was answered, and how many milliseconds that took. */
  readonly observe?: ((exchange: Exchange, time: number) => void) | undefined;
  /** What `/metrics` shows, and to whom. Without it there is nothing at that address. */
  readonly figures?: Figures | undefined;
  /** Is told of each connection, for as long as it lasts. */
  readonly onConnection?: ((socket: Socket) => void) | undefined;
  /** Is told of failures that are nobody's fault outside, under the word that the client got. */
  readonly onFailure: (error: unknown, word: string) => void;
}

/** A registry that listens. */
export interface RegistryServer extends AsyncDisposable {
  /** `http://127.0.0.1:5000`. */
  readonly url: string;
  /** False while it ends, and while its storage cannot be used. */
  isReady(): boolean | Promise<boolean>;
  /** Uploads that callers have open. */
  readonly openUploads: number;
  /** From the next request on. Whoever opened it, and the one before, ends them. */
  setAccess(access: Access): void;
  /** New connections get this certificate. Throws ListenError, and nothing has changed. */
  setTls(tls: TlsMaterial): void;
  /** Takes no more connections, lets requests end for a while, and cuts the rest. */
  close(): Promise<void>;
}

/** Begins to listen. Throws ListenError. */
export async function openRegistryServer(options: RegistryServerOptions): Promise<RegistryServer> {
  const { storage, readOnly, tls, onFailure, clock = systemClock } = options;
  let ready = true;
  const limits = new Limits(options.limits ?? {}, clock);
  if (limits.quota && !storage.repositorySize) {
    throw new ListenError('what this storage holds cannot be limited by repository');
  }
  const health = new StorageHealth(storage, { readOnly, clock, onFailure });
  const isReady = (): boolean | Promise<boolean> => ready && health.isGood();
  let serving: Serving = {
    served: {
      storage,
      readOnly,
      mirror: options.mirror,
      isReady,
      page: pageOf(options),
      figures: options.figures,
    },
    nameOf: requestIds(),
    observe: options.observe,
    access: options.access ?? openToAll(),
    limits,
    clock,
    audit: options.audit,
    auditScope: options.auditScope ?? 'changes',
    onFailure,
  };
  const running = new Set<Promise<void>>();
  const handle = (request: IncomingMessage, response: ServerResponse, waits: boolean): void => {
    if (!ready) response.shouldKeepAlive = false;
    const done = serve(request, response, waits, serving);
    running.add(done);
    void done.finally(() => running.delete(done));
  };
  const server = makeServer(tls, limits);
  server.on('request', (request, response) => handle(request, response, false));
  server.on('checkContinue', (request, response) => handle(request, response, true));
  server.on('clientError', refuseNoise);
  server.headersTimeout = limits.headTime;
  if (limits.connections !== undefined) server.maxConnections = limits.connections;
  // Uploads take their time; silence ends them, that of a body sooner and with an answer.
  server.requestTimeout = 0;
  server.setTimeout(limits.silence * 2);
  if (options.onConnection) {
    server.on(tls ? 'secureConnection' : 'connection', options.onConnection);
  }
  await listening(server, options);
  const close = async (): Promise<void> => {
    if (!ready) return;
    ready = false;
    const ended = new Promise((resolve) => server.close(resolve));
    // Connections are idle again as their answers end.
    server.closeIdleConnections();
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK);
    const patience = options.patience ?? PATIENCE;
    const timer = setTimeout(() => server.closeAllConnections(), patience);
    await ended;
    clearInterval(idle);
    clearTimeout(timer);
    await Promise.allSettled(running);
  };
  return {
    url: urlOf(server, tls !== undefined),
    isReady,
    get openUploads() {
      return limits.uploads.count;
    },
    setAccess(access) {
      serving = { ...serving, access };
    },
    setTls(next) {
      if (!('setSecureContext' in server)) throw new ListenError('this registry speaks no TLS');
      try {
        (server as Server & Pick<TlsServer, 'setSecureContext'>).setSecureContext(contextOf(next));
      } catch (error) {
        throw badCertificate(error);
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The page shows what is here: a look at a mirror fetches nothing from elsewhere. */
function pageOf({ page, mirror, storage, readOnly }: RegistryServerOptions): Page | undefined {
  if (page === undefined) return undefined;
  return makePage({ assets: page, storage: mirror?.behind ?? storage, readOnly });
}

function makeServer(tls: TlsMaterial | undefined, { silence, headTime }: Limits): Server {
  const options = {
    noDelay: true,
    keepAliveTimeout: silence,
    connectionsCheckingInterval: Math.min(HEAD_LOOK, headTime),
  };
  if (!tls) return process.getBuiltinModule('node:http').createServer(options);
  try {
    return process.getBuiltinModule('node:https').createServer({
      ...options,
      ...contextOf(tls),
      requestCert: tls.clientCa !== undefined,
      rejectUnauthorized: tls.requireClient === true,
      handshakeTimeout: headTime,
    });
  } catch (error) {
    throw badCertificate(error);
  }
}

function contextOf({ cert, key, clientCa }: TlsMaterial): SecureContextOptions {
  return {
    cert: Buffer.from(cert),
    key: Buffer.from(key),
    ...(clientCa && { ca: Buffer.from(clientCa) }),
    minVersion: 'TLSv1.2',
  };
}

function badCertificate(cause: unknown): ListenError {
  return new ListenError('the certificate and its key cannot be used', { cause });
}

/**
 * What is no HTTP is answered in the words of HTTP/1.0: clients that tried TLS first take that as
 * the sign to go on without.
 */
function refuseNoise(error: Error, socket: Socket): void {
  if (!socket.writable || isErrno(error, 'ECONNRESET')) {
    socket.destroy();
    return;
  }
  const status = isErrno(error, 'HPE_HEADER_OVERFLOW')
    ? '431 Request Header Fields Too Large'
    : isErrno(error, 'ERR_HTTP_REQUEST_TIMEOUT')
      ? '408 Request Timeout'
      : '400 Bad Request';
  socket.end(`HTTP/1.0 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Begins to listen. Throws ListenError. */
export function listening(
  server: Server,
  { host, port, descriptor }: Pick<RegistryServerOptions, 'host' | 'port' | 'descriptor'>,
): Promise<void> {
  const place = descriptor === undefined ? `${host ?? ''}:${port}` : `descriptor ${descriptor}`;
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new ListenError(`cannot listen on ${place}: ${error.message}`, { cause: error }));
    });
    if (descriptor === undefined) {
      server.listen({ ...(host !== undefined && { host }), port }, resolve);
    } else server.listen({ fd: descriptor }, resolve);
  });
}

/** `http://127.0.0.1:5000`, or the path of a socket. */
export function urlOf(server: Server, isSecure: boolean): string {
  const place = server.address();
  if (place === null || typeof place === 'string') return `unix:${place ?? ''}`;
  const { address, port, family } = place;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return `${isSecure ? 'https' : 'http'}://${host}:${port}`;
}
