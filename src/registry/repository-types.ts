import type { Bytes } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Reference } from '../oci/reference.ts';
import type { Mounted } from '../transport/transport.ts';
import type { HistoryOptions, TagChange } from './history.ts';
import type { RemoteManifest } from './manifests.ts';

/** How a blob gets into a repository. */
export interface PutBlobOptions extends CallOptions {
  /** Repositories of the same registry that may have it: `team/base`. */
  readonly from?: readonly string[];
}

/** What a manifest is put with. */
export interface PutManifestOptions extends CallOptions {
  /** The entity tag of what it takes the place of. */
  readonly ifMatch?: string;
}

/** Which referrers are asked for. */
export interface ReferrerOptions extends CallOptions {
  readonly artifactType?: string;
}

/** One repository of a registry, under the name that was typed. */
export interface Repository {
  readonly reference: Reference;
  /** For people: `127.0.0.1:5000/team/app`, `alpine`. */
  readonly label: string;
  /** The host that the registry answers at; blobs can be mounted within it. */
  readonly registry: string;
  /**
   * What a tag or digest points at, without its bytes where the registry can say so. By default
   * the reference's own, or `latest`. Throws RemoteNotFoundError.
   */
  resolve(tag?: string, call?: CallOptions): Promise<Descriptor>;
  /** Checked bytes. Throws RemoteNotFoundError, DigestMismatchError. */
  getManifest(tag: string | undefined, call?: CallOptions): Promise<RemoteManifest>;
  /**
   * Under its digest, or under a tag. One with a subject can be found by it afterwards, whether
   * the registry keeps track of that or not. Throws RegistryError with the status 412 when `ifMatch`
   * is not what is there.
   */
  putManifest(manifest: RemoteManifest, tag?: string, options?: PutManifestOptions): Promise<void>;
  /** Under its digest and all of these tags: in one request, where the registry can do that. */
  putTags(manifest: RemoteManifest, tags: readonly string[], call?: CallOptions): Promise<void>;
  /**
   * The manifests that have this one as their subject, in the registry's order. Asked of the
   * registry, or read from the tag that stands in for it. Throws RegistryError.
   *
   * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
   */
  referrers(subject: Digest, options?: ReferrerOptions): Promise<readonly Descriptor[]>;
  /**
   * Removes a tag, or a manifest under its digest with all of its tags. Throws
   * RemoteNotFoundError, and RegistryError where the registry does not let it be removed.
   */
  deleteManifest(tag: string, call?: CallOptions): Promise<void>;
  hasBlob(digest: Digest, call?: CallOptions): Promise<boolean>;
  /** The blob's bytes, unverified; nothing is asked before they are read. */
  getBlob(node: Descriptor, call?: CallOptions): Bytes;
  /** Mounts or sends a blob. `open` is called again for each try. */
  putBlob(
    node: Descriptor,
    open: () => Promise<Bytes>,
    options?: PutBlobOptions,
  ): Promise<'done' | Mounted>;
  /** What a tag has meant, or all tags, the newest change first: registries of stave know it. */
  history(options: HistoryOptions): Promise<readonly TagChange[]>;
  /** All tags, as the registry sorts them. */
  tags(call?: CallOptions): AsyncIterable<string>;
}
