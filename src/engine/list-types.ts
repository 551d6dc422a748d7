import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';

/** An entry of a list that is being made. */
export interface ListMember extends Descriptor {
  /** Where the manifest is to be had: `registry.example.com/team/app@sha256:…`. */
  readonly from: string;
}

/** A list that is being made, kept here until it is pushed. */
export interface ManifestList {
  /** The whole name: `docker.io/team/app:1`. */
  readonly name: string;
  readonly members: readonly ListMember[];
  /** The index as it would be pushed now. */
  readonly index: Descriptor;
  readonly bytes: Uint8Array;
}

/** A list that was pushed. */
export interface PushedList {
  readonly digest: Digest;
  /** What was pushed before the index, in order. */
  readonly members: readonly ListMember[];
}

/** Images of registries, to be put under new names as one index. */
export interface CombineRequest {
  /** Names in registries, or descriptors of what the first name's repository has. */
  readonly sources: readonly string[];
  /** Where to; nowhere only says what it would be. */
  readonly tags?: readonly string[];
  /** The first tag's present entries come first. */
  readonly append?: boolean;
  /** Only the entries that are for one of these. */
  readonly platforms?: readonly Platform[];
  /** Of the index. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of the entries: of all, or of those for one platform. */
  readonly entryAnnotations?: readonly {
    readonly platform?: Platform;
    readonly key: string;
    readonly value: string;
  }[];
  /** False: a single manifest stays what it is. */
  readonly preferIndex?: boolean;
}

/** What {@link ManifestLists.combine} put, or would put. */
export interface Combined {
  readonly root: Descriptor;
  readonly bytes: Uint8Array;
  /** Whole names. */
  readonly tags: readonly string[];
}

/** Indexes made of what registries have. */
export interface ManifestLists {
  /**
   * Begins a list, or adds to it. Throws ListExistsError, RemoteNotFoundError,
   * RegistryAccessError, NetError. Returns the whole name.
   */
  create(
    name: string,
    members: readonly string[],
    options?: CallOptions & { readonly amend?: boolean },
  ): Promise<string>;
  /** Says what a member is for. Throws ListNotFoundError. */
  annotate(name: string, member: string, platform: Partial<Platform>): Promise<void>;
  /** Undefined when there is no such list here. */
  get(name: string): Promise<ManifestList | undefined>;
  /**
   * Pushes the members that the list's repository lacks, then the list. Throws ListNotFoundError,
   * RegistryAccessError, RegistryError, NetError.
   */
  push(name: string, options?: CallOptions & { readonly purge?: boolean }): Promise<PushedList>;
  /** Forgets a list that is kept here. Throws ListNotFoundError. */
  remove(name: string): Promise<void>;
  /** Makes an index of what registries have, and puts it under the tags. Throws as `push` does. */
  combine(request: CombineRequest, options?: CallOptions): Promise<Combined>;
}
