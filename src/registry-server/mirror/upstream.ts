import { readFileSync } from 'node:fs';
import type { Clock } from '../../base/clock.ts';
import type { Digest } from '../../oci/digest.ts';
import { type Connections, openConnections } from '../../registry/connection.ts';
import { RegistryConfigError, RegistryError, RemoteNotFoundError } from '../../registry/errors.ts';
import { openRepository, type Repository } from '../../registry/repository.ts';
import type { RegistrySettings } from '../../registry/settings.ts';
import { failureOf, reasonOf } from './failure.ts';
import { type UpstreamPlace, type UpstreamSettings, upstreamPlace } from './settings.ts';

/** How long an upstream in trouble is left alone by those who can do without it, in milliseconds. */
const PAUSE = 10_000;
const TRIES = 3;
/** Nothing of this machine's own settings counts for a registry: they may name this very one. */
const NOWHERE = '/nonexistent';
/** Variables that do count: proxies, and where helpers for credentials are. */
export const UPSTREAM_VARIABLES: readonly string[] = [
  'PATH',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
];

/** What every upstream needs. */
export interface UpstreamParts {
  readonly clock: Clock;
  /** One of the variables of the process. */
  readonly variable: (name: string) => string | undefined;
  readonly userAgent?: string | undefined;
  /** How long things may take, where not as usual. */
  readonly patience?: Pick<RegistrySettings, 'connect' | 'pause' | 'stall' | 'tries'> | undefined;
  /** Gets a line for the log. */
  readonly tell: (line: string) => void;
}

/** A registry that others are read through from, or copied from. */
export class Upstream implements Disposable {
  readonly place: UpstreamPlace;
  /** For people: `docker.io`, `ghcr.io/team`. */
  readonly name: string;
  readonly #connections: Connections;
  readonly #parts: UpstreamParts;
  #downUntil = 0;
  #trouble: string | undefined;

  /** Throws InvalidInputError for what is no registry, RegistryConfigError for files. */
  constructor(settings: UpstreamSettings, parts: UpstreamParts) {
    this.place = upstreamPlace(settings.upstream);
    this.name = `${this.place.registry}/${this.place.path}`.slice(0, -1);
    this.#connections = openConnections(connectionSettings(settings, this.place, parts));
    this.#parts = parts;
  }

  /** Its name there of what is below the prefix here: Docker's own images are in `library/`. */
  nameOf(rest: string): string {
    const name = this.place.path + rest;
    return this.place.registry === 'docker.io' && !name.includes('/') ? `library/${name}` : name;
  }

  repository(name: string): Repository {
    return openRepository(this.#connections, {
      registry: this.place.registry,
      repository: name,
    });
  }

  /** The size of a blob. Throws RemoteNotFoundError, and what `repository` throws. */
  async blobSize(name: string, digest: Digest): Promise<number> {
    const response = await this.#connections.to(this.place.registry).ask({
      method: 'HEAD',
      target: `/v2/${name}/blobs/${digest}`,
      scopes: [`repository:${name}:pull`],
    });
    await response.discard();
    const { status, headers } = response;
    if (status === 404) throw new RemoteNotFoundError(`${name}@${digest}: not found`);
    const size = Number(headers['content-length'] ?? NaN);
    if (status !== 200 || !Number.isSafeInteger(size)) {
      throw new RegistryError(`${this.name} does not say how large ${digest} is`, { status });
    }
    return size;
  }

  /** All its repositories, where it tells. Throws RegistryError. */
  async *catalog(): AsyncGenerator<string, void> {
    const { repositoryPages } = await import('./catalog.ts');
    yield* repositoryPages(this.#connections.to(this.place.registry), this.name);
  }

  /** True while those who can do without it should. */
  get isDown(): boolean {
    return this.#parts.clock.now().getTime() < this.#downUntil;
  }

  /** Does something that asks it, and remembers how that went. */
  async ask<T>(job: () => Promise<T>): Promise<T> {
    try {
      const found = await job();
      this.#worked();
      return found;
    } catch (error) {
      this.failed(error);
      throw error;
    }
  }

  /** Takes in how it failed: the log hears of the first time. */
  failed(error: unknown): void {
    const failure = failureOf(error);
    if (failure === undefined) return;
    if (failure === 'missing') {
      this.#worked();
      return;
    }
    if (failure === 'down' || failure === 'busy') {
      this.#downUntil = this.#parts.clock.now().getTime() + PAUSE;
    }
    if (this.#trouble !== failure) this.#parts.tell(`mirror of ${this.name}: ${reasonOf(error)}`);
    this.#trouble = failure;
  }

  #worked(): void {
    this.#downUntil = 0;
    if (this.#trouble !== undefined) this.#parts.tell(`mirror of ${this.name}: works again`);
    this.#trouble = undefined;
  }

  [Symbol.dispose](): void {
    this.#connections[Symbol.dispose]();
  }
}

function connectionSettings(
  settings: UpstreamSettings,
  { registry, plain }: UpstreamPlace,
  { variable, userAgent, patience }: UpstreamParts,
): RegistrySettings {
  const { user, passwordFile, authFile, ca, insecure } = settings;
  if ((user === undefined) !== (passwordFile === undefined)) {
    throw new RegistryConfigError(`${registry}: a user and a password file belong together`);
  }
  const variables = UPSTREAM_VARIABLES.map((name) => [name, variable(name)] as const);
  return {
    etc: NOWHERE,
    environment: {
      ...Object.fromEntries(variables),
      HOME: NOWHERE,
      REGISTRY_AUTH_FILE: authFile,
    },
    tries: TRIES,
    ...patience,
    ...(userAgent !== undefined && { userAgent }),
    ...((plain || insecure === true) && { insecure: [registry] }),
    ...(ca !== undefined && { authorities: [contentOf(ca)] }),
    ...(user !== undefined &&
      passwordFile !== undefined && {
        credentials: {
          registry,
          username: user,
          password: contentOf(passwordFile).split('\n')[0]?.trimEnd() ?? '',
        },
      }),
  };
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new RegistryConfigError(`cannot read ${path}`, { cause: error });
  }
}
