import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { SecureContextOptions, Server as TlsServer } from 'node:tls';
import { type Clock, systemClock } from '../base/clock.ts';
import { isErrno } from '../base/errors.ts';
import type { Access } from './access/access.ts';
import { openToAll } from './access/open-to-all.ts';
import type { AuditRecord, AuditScope } from './audit.ts';
import { ListenError } from './errors.ts';
import { Limits, type LimitSettings } from './limits.ts';
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
  /** Is told of failures that are nobody's fault outside, under the word that the client got. */
  readonly onFailure: (error: unknown, word: string) => void;
}

/** A registry that listens. */
export interface RegistryServer extends AsyncDisposable {
  /** `http://127.0.0.1:5000`. */
  readonly url: string;
  /** New connections get this certificate. Throws ListenError, and nothing has changed. */
  setTls(tls: TlsMaterial): void;
  /** Takes no more connections, lets requests end for a while, and cuts the rest. */
  close(): Promise<void>;
}

/** Begins to listen. Throws ListenError. */
export async function openRegistryServer(options: RegistryServerOptions): Promise<RegistryServer> {
  const { host, port, storage, readOnly, tls, onFailure, clock = systemClock } = options;
  let ready = true;
  const limits = new Limits(options.limits ?? {}, clock);
  if (limits.quota && !storage.repositorySize) {
    throw new ListenError('what this storage holds cannot be limited by repository');
  }
  const serving: Serving = {
    served: {
      storage,
      readOnly,
      mirror: options.mirror,
      isReady: () => ready,
      page: pageOf(options),
    },
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
  await listening(server, host, port);
  const close = async (): Promise<void> => {
    if (!ready) return;
    ready = false;
    const ended = new Promise((resolve) => server.close(resolve));
    // Connections are idle again as their answers end.
    server.closeIdleConnections();
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK);
    const timer = setTimeout(() => server.closeAllConnections(), PATIENCE);
    await ended;
    clearInterval(idle);
    clearTimeout(timer);
    await Promise.allSettled(running);
  };
  return {
    url: urlOf(server, tls !== undefined),
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

function listening(server: Server, host: string | undefined, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new ListenError(`cannot listen on ${host ?? ''}:${port}: ${error.message}`, {
          cause: error,
        }),
      );
    });
    server.listen({ ...(host !== undefined && { host }), port }, resolve);
  });
}

function urlOf(server: Server, isSecure: boolean): string {
  const { address, port, family } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return `${isSecure ? 'https' : 'http'}://${host}:${port}`;
}
