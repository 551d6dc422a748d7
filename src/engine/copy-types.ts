import type { Bytes } from '../base/bytes.ts';
import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';
import type { SavedArchive } from './archive-types.ts';

/** An image in a registry. */
interface InRegistry {
  readonly kind: 'registry';
  readonly name: string;
  /** Any certificate will do, and no TLS where there is none. */
  readonly tlsVerify?: false;
  /** A folder with certificates, besides those of the usual places. */
  readonly certificateFolder?: string;
  /** Instead of those that are stored. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
}

/** An image of the store. */
interface InStore {
  readonly kind: 'store';
  readonly name: string;
}

/** An image of an OCI layout, by a tag or name where there are several. */
interface InLayout {
  readonly kind: 'layout';
  readonly path: string;
  readonly tag?: string | undefined;
}

/** The `dir:` form of skopeo: one image or index, its blobs called by their bare digits. */
interface InDirectory {
  readonly kind: 'dir';
  readonly path: string;
}

/** An image of an archive, by a name where there are several. */
interface InArchive {
  readonly kind: 'archive';
  readonly form: 'docker' | 'oci';
  readonly name?: string | undefined;
}

/** Where an image is copied from; archives are read from a file, or from a stream. */
export type CopySource =
  | InRegistry
  | InStore
  | InLayout
  | InDirectory
  | (InArchive & { readonly from: string | Bytes });

/** Where an image is copied to; archives are given out. */
export type CopyTarget =
  | InRegistry
  | InStore
  | InLayout
  | InDirectory
  | (InArchive & { readonly write: (archive: SavedArchive) => Promise<void> });

/** What to copy, from where to where. */
export interface CopyRequest {
  readonly from: CopySource;
  readonly to: CopyTarget;
  /** Of an index, this image alone. */
  readonly platform?: Platform | undefined;
  /** An index as a whole also where one image is the custom: in a Docker archive. */
  readonly all?: boolean;
  /** Whose media types the documents have there; as they are by default. Another digest comes of it. */
  readonly format?: 'oci' | 'docker' | undefined;
  /** How often registries are asked again; 5 times by default. */
  readonly tries?: number | undefined;
  /** Bytes of a piece in which blobs are sent to a registry; in one by default. */
  readonly chunk?: number | undefined;
  /** From registry to registry: what refers to it comes too, such as signatures. */
  readonly referrers?: boolean;
  /** Layers that are not to be handed on go to a registry too. */
  readonly foreign?: boolean;
}

/** What was copied. */
export interface Copied {
  /** Of the manifest or index as it is there now. */
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
}
