import type { Bytes } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import { NetError } from '../net/errors.ts';
import {
  type HttpClient,
  type HttpResponse,
  openClient,
  type TlsSettings,
} from '../net/request.ts';
import { shownUrl } from '../net/url.ts';
import type { Reference } from '../oci/reference.ts';
import { Authorizer } from './authorizer.ts';
import { tlsFor } from './certificates.ts';
import type { Credentials } from './credentials.ts';
import { NO_CREDENTIALS, RegistryAccessError, RegistryError } from './errors.ts';
import { endpointHost } from './host.ts';
import { metaHeaders } from './docker-config.ts';
import { openEndpoint } from './endpoint.ts';
import { Patience } from './patience.ts';
import { type Place, readRules, type RegistryRules } from './rules.ts';
import { proxiesOf, type RegistrySettings } from './settings.ts';
import type { Wire } from './wire.ts';

/** One request to a registry. */
export interface RegistryRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/v2/…`, or an absolute URL that the registry named. */
  readonly target: string | URL;
  /** What a token must allow: `repository:team/app:pull`. */
  readonly scopes: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes, or what opens a stream anew for each try. */
  readonly body?: Uint8Array | (() => Promise<Bytes>);
  /** More milliseconds than others until the answer begins. */
  readonly work?: number;
  /** False: passing failures are the caller's to handle. */
  readonly retry?: boolean;
}

/** The way to one registry. */
export interface Connection {
  /** As references name it. */
  readonly registry: string;
  /** Where it answers: `https://registry-1.docker.io/`. */
  base(call?: CallOptions): Promise<URL>;
  /**
   * Asks, with what the registry wants to see of us; tries again what may pass. Redirects of
   * GET and HEAD are followed, and nothing of us is shown to another server. Answers of other
   * kinds than "not allowed" are the caller's.
   *
   * Throws NetError, RegistryAccessError.
   */
  ask(request: RegistryRequest, call?: CallOptions): Promise<HttpResponse>;
  /** What its token service gave to stand for the password, when it was asked to: see `as`. */
  readonly identity: string | undefined;
}

/** Connections to registries, one per registry, kept open. Leaving the scope closes them. */
export interface Connections extends Disposable {
  readonly settings: RegistrySettings;
  to(registry: string, scheme?: Place['scheme']): Connection;
  /** Where a name leads: mirrors, and the place itself. Throws RegistryConfigError. */
  route(reference: Reference): ReturnType<RegistryRules['route']>;
  /** A connection that shows just these credentials, and asks for an identity token: for `login`. */
  as(registry: string, credentials: Credentials | undefined): Connection;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const REDIRECT_LIMIT = 10;
/** How often one request may fetch a new token. */
const RENEWALS = 6;

/** No connection yet. */
export function openConnections(given: RegistrySettings = {}): Connections {
  let rules: RegistryRules | undefined;
  const insecure = [...(given.insecure ?? [])];
  const settings = { ...given, insecure };
  const known = new Map<string, TlsSettings>();
  // Files are read when the first registry is asked for.
  const route = (reference: Reference): ReturnType<RegistryRules['route']> => {
    rules ??= readRules(settings);
    const found = rules.route(reference);
    insecure.push(...rules.insecure.filter((host) => !insecure.includes(host)));
    return found;
  };
  let client: HttpClient | undefined;
  const opened = new Map<string, Connection>();
  const tls = (host: string): TlsSettings => {
    let found = known.get(host);
    if (!found) {
      found = { ...tlsFor(host, settings), ...rules?.ways.get(host)?.tls };
      known.set(host, found);
    }
    return found;
  };
  const givenFor = (registry: string): Credentials | undefined => {
    const { credentials } = settings;
    if (credentials?.registry !== registry) return undefined;
    const { username, password } = credentials;
    return { place: 'the command line', username, password };
  };
  const connect = (
    registry: string,
    credentials?: Credentials,
    scheme?: Place['scheme'],
    offline = false,
  ): Connection => {
    client ??= openClient({
      proxy: proxiesOf(settings),
      ...(settings.userAgent !== undefined && { userAgent: settings.userAgent }),
      ...(settings.stall !== undefined && { stall: settings.stall }),
      ...(settings.connect !== undefined && { connect: settings.connect }),
    });
    const headers = {
      ...metaHeaders(settings),
      ...rules?.ways.get(endpointHost(registry))?.headers,
    };
    return new HostConnection(
      registry,
      { client, settings, tls, connect: (host) => rules?.ways.get(host)?.connect },
      { credentials, scheme, headers, offline },
    );
  };
  return {
    settings,
    route,
    to(registry, scheme) {
      const key = `${scheme ?? ''}${registry}`;
      let connection = opened.get(key);
      if (!connection) {
        opened.set(key, (connection = connect(registry, givenFor(registry), scheme)));
      }
      return connection;
    },
    as(registry, credentials) {
      route({ registry, repository: '' });
      return connect(registry, credentials, undefined, true);
    },
    [Symbol.dispose]: () => client?.[Symbol.dispose](),
  };
}

interface HostOptions {
  readonly credentials: Credentials | undefined;
  readonly scheme: Place['scheme'];
  /** What this host is shown with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly offline: boolean;
}

class HostConnection implements Connection {
  readonly registry: string;
  readonly #wire: Wire;
  readonly #authorizer: Authorizer;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #warned = new Set<string>();
  #base: Promise<URL> | undefined;
  #answered = false;

  constructor(
    registry: string,
    wire: Wire,
    { credentials, scheme, headers, offline }: HostOptions,
  ) {
    this.registry = registry;
    this.#wire = wire;
    this.#headers = headers;
    if (scheme) this.#base = Promise.resolve(new URL(`${scheme}//${registry}/`));
    this.#authorizer = new Authorizer(registry, wire, credentials, offline);
  }

  get identity(): string | undefined {
    return this.#authorizer.identity;
  }

  base(call: CallOptions = {}): Promise<URL> {
    this.#base ??= this.#found(call).catch((error: unknown) => {
      this.#base = undefined;
      throw told('GET', `http://${endpointHost(this.registry)}/v2/`, error);
    });
    return this.#base;
  }

  async #found(call: CallOptions): Promise<URL> {
    const patience = new Patience(this.#wire.settings, call);
    for (;;) {
      try {
        return await openEndpoint(this.registry, this.#wire, call);
      } catch (error) {
        await patience.afterFailure(error, false);
      }
    }
  }

  async ask(request: RegistryRequest, call: CallOptions = {}): Promise<HttpResponse> {
    const base = await this.base(call);
    const url = new URL(request.target, base);
    const { method = 'GET' } = request;
    const patience = new Patience(this.#wire.settings, call);
    for (let renewals = 0; ;) {
      let response: HttpResponse;
      let permission: Awaited<ReturnType<Authorizer['permission']>>;
      try {
        // Another origin is shown nothing of us.
        const isOwn = url.origin === base.origin;
        permission = isOwn
          ? await this.#authorizer.permission(base, request.scopes, call)
          : { header: undefined };
        const shown = isOwn ? { ...this.#headers, ...request.headers } : request.headers;
        response = await this.#send(
          url,
          { ...request, headers: shown ?? {} },
          permission.header,
          call,
        );
      } catch (error) {
        // Before the first answer it is the registry, not the request, that is out of reach.
        const [verb, place] = this.#answered ? [method, url] : ['GET', new URL('/v2/', base)];
        if (request.retry === false) throw told(verb, place, error);
        await patience.afterFailure(error, this.#answered).catch((last: unknown) => {
          throw told(verb, place, last);
        });
        continue;
      }
      this.#answered = true;
      this.#warn(response, call);
      if (response.status === 401 && response.url.origin === base.origin) {
        const header = await this.#challengeOf(response, base, call);
        const again = this.#authorizer.refused(permission, header);
        renewals += 1;
        if (again && renewals <= RENEWALS) {
          await response.discard();
          continue;
        }
        return response;
      }
      if (response.status !== 403) this.#authorizer.worked(permission);
      if (request.retry === false || !(await patience.afterAnswer(response))) return response;
    }
  }

  /** How the registry lets itself be asked. Some say it of `/v2/` alone. */
  async #challengeOf(
    { headers }: HttpResponse,
    base: URL,
    call: CallOptions,
  ): Promise<string | undefined> {
    const header = headers['www-authenticate'];
    if (header !== undefined || this.#authorizer.isChallenged) return header;
    const ping = new URL('/v2/', base);
    const response = await this.#send(
      ping,
      { target: ping, scopes: [], headers: this.#headers },
      undefined,
      call,
    );
    await response.discard();
    return response.headers['www-authenticate'];
  }

  /** One try, with its redirects. */
  async #send(
    first: URL,
    request: RegistryRequest,
    authorization: string | undefined,
    { signal }: CallOptions,
  ): Promise<HttpResponse> {
    const { method = 'GET', body } = request;
    let url = first;
    let headers: Readonly<Record<string, string>> = {
      ...request.headers,
      ...(authorization !== undefined && { authorization }),
    };
    for (let left = REDIRECT_LIMIT; ; left -= 1) {
      const response = await this.#wire.client.request(url, {
        method,
        headers,
        redirects: 0,
        tls: this.#wire.tls(url.host),
        connect: this.#wire.connect?.(url.host),
        work: request.work,
        signal,
        ...(body !== undefined && { body: body instanceof Uint8Array ? body : await body() }),
      });
      const { location } = response.headers;
      const isRedirect = REDIRECTS.has(response.status) && location !== undefined;
      if (!isRedirect || (method !== 'GET' && method !== 'HEAD')) return response;
      await response.discard();
      if (left === 0) {
        throw new RegistryError(`${shownUrl(first)} redirects more than ${REDIRECT_LIMIT} times`);
      }
      const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
      if (!next || (next.protocol !== 'http:' && next.protocol !== 'https:')) {
        throw new RegistryError(`${shownUrl(first)} redirects to what is no http(s) URL`);
      }
      if (next.origin !== url.origin) {
        const own = new Set(['authorization', ...Object.keys(this.#headers)]);
        headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !own.has(name)));
      }
      url = next;
    }
  }

  /** Warnings of the registry are for whoever asks it, each once. */
  #warn(response: HttpResponse, call: CallOptions): void {
    const header = response.headers['warning'];
    if (header === undefined) return;
    for (const [, text = ''] of header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
      const message = `${this.registry}: ${text.replace(/\\(.)/g, '$1').slice(0, 500)}`;
      if (this.#warned.has(message)) continue;
      this.#warned.add(message);
      reporter(call.progress).warn({ code: 'RegistryWarning', message });
    }
  }
}

/** Failures in the words of Docker, with the request that met them. */
function told(method: string, url: string | URL, error: unknown): unknown {
  const what = `${method[0]}${method.slice(1).toLowerCase()} ${JSON.stringify(shownUrl(url))}`;
  if (error instanceof RegistryAccessError && error.message === NO_CREDENTIALS) {
    return new RegistryAccessError(`${what}: ${error.message}`, { hint: error.hint, cause: error });
  }
  if (!(error instanceof NetError)) return error;
  const { host, hostname } = new URL(url);
  const why = {
    ENOTFOUND: `dial tcp: lookup ${hostname}: no such host`,
    EAI_AGAIN: `dial tcp: lookup ${hostname}: no such host`,
    ECONNREFUSED: `dial tcp ${host}: connect: connection refused`,
  }[error.errno ?? ''];
  if (why === undefined) return error;
  return new NetError(`${what}: ${why}`, {
    hint: `${hostname} cannot be reached from here: check the name and the network.`,
    cause: error,
    ...(error.errno !== undefined && { errno: error.errno }),
  });
}
