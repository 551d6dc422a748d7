import type { CallOptions } from '../base/progress.ts';
import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';
import type { Package } from '../sbom/package.ts';
import type { TrustAnchor } from './trust-types.ts';

export type { Package } from '../sbom/package.ts';

/** The forms of a list of packages that other programs read. */
export type SbomFormat = 'spdx-json' | 'cyclonedx-json';

/** Whose packages are listed. */
export interface SbomOptions extends CallOptions {
  /** Of an image for several platforms, the one to look into. */
  readonly platform?: Platform;
  /** Seconds since the epoch: documents bear no later time. */
  readonly sourceDateEpoch?: number;
}

/** What is said of an image: something that was written elsewhere, or a list of its packages. */
export type Predicate =
  | {
      /** A URI. */
      readonly type: string;
      /** A JSON object. */
      readonly bytes: Uint8Array;
      /** For messages. */
      readonly name: string;
    }
  | { readonly sbom: SbomFormat };

/** What to attach to which image. */
export interface AttestRequest {
  /** In its registry. */
  readonly name: string;
  readonly predicate: Predicate;
  /** Of an index, the image that it is about; lists of packages are about one for this machine by default. */
  readonly platform?: Platform;
  /** The private key that signs it, in PEM; `password` opens it where it is encrypted. */
  readonly key?: TrustAnchor;
  readonly password?: string | undefined;
  /** Signed, and still as something that refers to the image, instead of under cosign's tag. */
  readonly referrer?: boolean;
  /** In place of those of the same type under cosign's tag. */
  readonly replace?: boolean;
}

/** What was attached. */
export interface Attested {
  /** Of the manifest or index that it is about. */
  readonly digest: Digest;
  readonly predicateType: string;
  /** `registry/app:sha256-….att`, `registry/app@sha256:…`. */
  readonly place: string;
}

/** A list of packages that somebody has attached. Nobody has checked who. */
export interface AttachedSbom {
  readonly format: SbomFormat;
  readonly document: unknown;
  /** The digest that it is about. */
  readonly digest: Digest;
}

/** What is said of images: what they are made of, how they were built. */
export interface Attestations {
  /**
   * The packages of an image of the store, by the lists that its package managers keep; what
   * cannot be read of them is warned of. Throws ImageNotFoundError, AmbiguousImageError, PlatformNotFoundError.
   */
  packages(image: string, options?: SbomOptions): Promise<readonly Package[]>;
  /** The same as a document: the same image gives the same bytes. Throws as `packages`. */
  document(image: string, format: SbomFormat, options?: SbomOptions): Promise<object>;
  /**
   * Attaches a statement to an image in its registry. Throws InvalidInputError, TrustConfigError,
   * RemoteNotFoundError, RegistryAccessError, RegistryError, NetError.
   */
  attest(request: AttestRequest, options?: CallOptions): Promise<Attested>;
  /**
   * The list of packages that is attached to an image in its registry, of any form where none is
   * given; nothing else of the image is fetched. Throws NotAttestedError, RemoteNotFoundError,
   * RegistryAccessError, RegistryError, NetError.
   */
  attached(
    name: string,
    options?: CallOptions & { readonly platform?: Platform; readonly format?: SbomFormat },
  ): Promise<AttachedSbom>;
}
