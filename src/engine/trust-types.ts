import type { CallOptions } from '../base/progress.ts';
import type { Digest } from '../oci/digest.ts';

/** What is trusted: a public key, or certificates of authorities, in PEM. */
export interface TrustAnchor {
  /** For messages: the path as typed. */
  readonly name: string;
  readonly pem: Uint8Array;
}

/** What to sign, and with what. */
export interface SignRequest {
  /** In its registry. A tag is resolved; its digest is what is signed. */
  readonly name: string;
  /** The private key, in PEM; `password` opens it where it is encrypted. */
  readonly key: TrustAnchor;
  readonly password?: string | undefined;
  /** Signed along with the digest. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** The name that is signed; by default the repository, without tag and digest. */
  readonly identity?: string | undefined;
  /** As a bundle that refers to the image, instead of under cosign's tag. */
  readonly referrer?: boolean;
  /** Of an index, each of its images too. */
  readonly recursive?: boolean;
}

/** One signature that was made. */
export interface Signed {
  /** Of what was signed. */
  readonly digest: Digest;
  /** Where the signature is: `registry/app:sha256-….sig`, `registry/app@sha256:…`. */
  readonly place: string;
  /** False when the key had signed the same there already. */
  readonly isNew: boolean;
}

/** What to look for. */
export interface VerifyRequest {
  readonly name: string;
  /** Any of them will do. */
  readonly anchors: readonly TrustAnchor[];
  /** What must have been signed along. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** The name that it must have been signed under, where it is another one now. */
  readonly identity?: string | undefined;
}

/** A signature that counts. */
export interface VerifiedSignature {
  readonly format: 'cosign' | 'bundle' | 'notation';
  /** The name that it was signed under; not every form has one. */
  readonly identity?: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** The name of the key, or the subject of the certificate. */
  readonly signer: string;
  /** By the signer's own clock. */
  readonly signedAt?: Date;
}

/** What was found to be signed. */
export interface Verified {
  /** The whole name with its digest. */
  readonly name: string;
  readonly digest: Digest;
  readonly signatures: readonly VerifiedSignature[];
}

/** Signatures of images in registries. Nothing but the registry is asked: no log, no authority. */
export interface Trust {
  /** Throws TrustConfigError, RemoteNotFoundError, RegistryAccessError, RegistryError, NetError. */
  sign(request: SignRequest, options?: CallOptions): Promise<readonly Signed[]>;
  /** Throws UntrustedError when no signature counts, and what {@link sign} throws. */
  verify(request: VerifyRequest, options?: CallOptions): Promise<Verified>;
  /**
   * Of an image of the store, by what its registry has of it: the one of the name. Throws
   * UntrustedError, also when it was neither pulled from there nor pushed.
   */
  verifyStored(
    image: { readonly id: Digest; readonly name: string },
    anchors: readonly TrustAnchor[],
    options?: CallOptions,
  ): Promise<void>;
  /** Whether a private key needs a password. */
  isEncrypted(key: TrustAnchor): Promise<boolean>;
  /** A new pair of keys in PEM; the private one is encrypted. */
  generateKeys(
    password: string,
  ): Promise<{ readonly privateKey: string; readonly publicKey: string }>;
}
