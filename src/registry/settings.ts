import type { ProxySettings } from '../net/proxy.ts';
import { proxySettings } from '../net/proxy.ts';

/** Who we are to one registry. */
export interface RegistryCredentials {
  /** As references name it. */
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}

/** What the ways to registries depend on; everything has a default. */
export interface RegistrySettings {
  /** The variables of whoever asks: `HOME`, `DOCKER_CONFIG`, `HTTPS_PROXY` and so on. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Hosts (`host`, `host:port`, `10.0.0.0/8`) that may do without TLS or a valid certificate. */
  readonly insecure?: readonly string[];
  /** False: any certificate will do, and no TLS where there is none, whatever files say. */
  readonly tlsVerify?: boolean | undefined;
  /** A folder with certificates for every host, besides those that hosts have in the usual places. */
  readonly certificateFolder?: string | undefined;
  /** Authorities that are trusted for every host besides the usual ones, in PEM. */
  readonly authorities?: readonly string[];
  /** Where the settings of the machine are; `/etc` by default. */
  readonly etc?: string;
  /**
   * Milliseconds without a byte after which a request has failed; 30 s by default, and twice as
   * long for the first one.
   */
  readonly stall?: number;
  /** Milliseconds after which a connection is not waited for any more; 10 s by default. */
  readonly connect?: number;
  /** Milliseconds before the second try; doubled for each further one. 500 by default. */
  readonly pause?: number;
  /** Tries without progress after which a request has failed; 5 by default. */
  readonly tries?: number | undefined;
  /** Instead of those that files have for this registry. */
  readonly credentials?: RegistryCredentials | undefined;
  readonly userAgent?: string;
  /** Is told which passwords and tokens are used for a registry. */
  readonly onCredentials?: (registry: string, values: readonly string[]) => void;
}

/** The home directory that settings are looked for in. */
export function homeOf({ environment = {} }: RegistrySettings): string {
  return environment['HOME'] || '/root';
}

/** One variable; an empty one is the same as none. */
export function variable({ environment = {} }: RegistrySettings, name: string): string | undefined {
  return environment[name] || undefined;
}

/** Proxies by the usual variables. */
export function proxiesOf(settings: RegistrySettings): ProxySettings {
  return proxySettings((name) => variable(settings, name));
}
