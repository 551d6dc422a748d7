import type { CallOptions } from '../base/progress.ts';

/** Where credentials were stored. */
export interface LoggedIn {
  readonly path: string;
  /** The program that keeps them; without one they lie in the file as they are. */
  readonly helper: string | undefined;
  /** False when the same were there already. */
  readonly changed: boolean;
}

/** Registries themselves: who we are to them, and what they hold. */
export interface Registries {
  /** The host that a text means; Docker Hub by default. Throws InvalidReferenceError. */
  named(server: string | undefined): Promise<string>;
  /** Checks credentials, then stores them. Throws RegistryAccessError, RegistryConfigError, NetError. */
  login(
    server: string | undefined,
    credentials: { readonly username: string; readonly password: string },
    options?: CallOptions,
  ): Promise<LoggedIn>;
  /** The user whose stored credentials a registry takes; undefined when there are none, or it does not. */
  user(server: string | undefined, options?: CallOptions): Promise<string | undefined>;
  /** The user name that is stored for a registry. */
  knownUser(server: string | undefined, options?: CallOptions): Promise<string | undefined>;
  logout(server: string | undefined): Promise<void>;
  /** The tags of a repository. Throws RemoteNotFoundError, RegistryAccessError, NetError. */
  tags(name: string, options?: CallOptions): AsyncIterable<string>;
}
