import type { HttpClient, TlsSettings } from '../net/request.ts';
import type { RegistrySettings } from './settings.ts';

/** What every request to a registry, or to its token service, goes over. */
export interface Wire {
  readonly client: HttpClient;
  readonly settings: RegistrySettings;
  /** `host` or `host:port`. Throws RegistryConfigError. */
  readonly tls: (host: string) => TlsSettings;
  /** Milliseconds that connecting to a host may take, where that is said. */
  readonly connect?: (host: string) => number | undefined;
}
