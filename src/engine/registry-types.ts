import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';
import type { HistoryOptions, TagChange } from '../registry/history.ts';

export type { TagChange };

/** Where credentials were stored. */
export interface LoggedIn {
  readonly path: string;
  /** The program that keeps them; without one they lie in the file as they are. */
  readonly helper: string | undefined;
  /** False when the same were there already. */
  readonly changed: boolean;
}

/** A manifest or an index as a registry has it. */
export interface RemoteDocument {
  /** The whole name that was asked for. */
  readonly fullName: string;
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  /** The entries of an index; a manifest has none. */
  readonly entries: readonly Descriptor[] | undefined;
}

/** One step of the way to a registry, and what was met there. */
export interface RegistryFinding {
  /** `dns`, `tls`, `token`. */
  readonly step: string;
  /** `note`: neither good nor bad, but worth knowing. */
  readonly outcome: 'ok' | 'note' | 'failed';
  /** One line. */
  readonly text: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** A name of a registry with what it stands for. */
export interface RemoteDetails {
  /** The whole name. */
  readonly name: string;
  /** Its descriptor, and of an index its entries. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** The config; by platform where there are several. */
  readonly image?: unknown;
  /** How it was built: `{ SLSA: … }`, by platform where there are several images. */
  readonly provenance?: unknown;
  /** What it is made of: `{ SPDX: … }`, likewise. */
  readonly sbom?: unknown;
}

/** What to search a registry for. */
export interface SearchRequest {
  /** `nginx` on Docker Hub; `registry.example.com/nginx` in another registry. */
  readonly term: string;
  /** The most results, 1 to 100; 25 by default. */
  readonly limit?: number;
}

/** A repository that a search found. */
export interface SearchResult {
  /** As `pull` takes it. */
  readonly name: string;
  readonly description: string;
  readonly stars: number;
  readonly official: boolean;
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
  /** What a name points at. Throws RemoteNotFoundError, RegistryAccessError, NetError. */
  manifest(name: string, options?: CallOptions): Promise<RemoteDocument>;
  /** What a name points at with its configs and, with `claims`, what is claimed of it. Throws as `manifest` does. */
  details(
    name: string,
    options?: CallOptions & { readonly claims?: boolean },
  ): Promise<RemoteDetails>;
  /** What a manifest of a registry is for, by its config; undefined for an index, or no image. */
  platform(name: string, options?: CallOptions): Promise<Platform | undefined>;
  /**
   * Removes a tag from its registry, or a manifest by its digest with all of its tags. Returns
   * the digest. Throws RemoteNotFoundError, RegistryAccessError, RegistryError, NetError.
   */
  remove(name: string, options?: CallOptions): Promise<Digest>;
  /**
   * What a tag has meant, or with a name without a tag all of them, the newest change first.
   * Registries of stave know it. Throws RemoteNotFoundError, RegistryAccessError, NetError.
   */
  history(name: string, options: HistoryOptions): Promise<readonly TagChange[]>;
  /** The tags of a repository. Throws RemoteNotFoundError, RegistryAccessError, NetError. */
  tags(name: string, options?: CallOptions): AsyncIterable<string>;
  /**
   * Repositories whose name has the term, as the registry sorts them; its catalogue is looked
   * through where it has no search. Throws InvalidInputError, RegistryAccessError, RegistryError,
   * NetError.
   */
  search(request: SearchRequest, options?: CallOptions): Promise<readonly SearchResult[]>;
  /**
   * Walks the way to a registry (`host`), or to an image in it (`host/team/app:1`), step by step;
   * it ends at the first step that fails. Writes nothing. Throws InvalidReferenceError,
   * RegistryConfigError.
   */
  diagnose(what: string, options?: CallOptions): AsyncIterable<RegistryFinding>;
}
