/** The answers of the addresses below `/api/`, as the page reads them. Everything is JSON. */

/** How somebody can sign in. */
export type Login =
  | { readonly kind: 'none' }
  | { readonly kind: 'password' }
  /** With a password, for tokens of this registry's own `/token`. */
  | { readonly kind: 'token'; readonly service: string }
  /** Tokens come from a service elsewhere. */
  | { readonly kind: 'elsewhere'; readonly realm: string };

/** `GET /api/session`. */
export interface Session {
  /** Who asks; null for those who have not signed in. */
  readonly user: string | null;
  readonly login: Login;
  readonly readOnly: boolean;
  /** Whether `/v2/NAME/_stave/log` answers. */
  readonly keepsHistory: boolean;
}

/** A repository in the list. */
export interface RepositoryRow {
  readonly name: string;
  /** How many tags it has, as far as they were counted. */
  readonly tags?: number;
  readonly hasMoreTags?: boolean;
  /** RFC 3339: when a tag last changed. */
  readonly changed?: string;
}

/** `GET /api/repositories?n&last&q`. */
export interface RepositoryPage {
  readonly repositories: readonly RepositoryRow[];
  /** What `last` is for the next page; absent when there is none. */
  readonly next?: string;
}

/** What a manifest is. */
export type ImageKind = 'image' | 'index' | 'artifact';

/** A tag in the list. */
export interface TagRow {
  readonly tag: string;
  readonly digest: string;
  readonly kind: ImageKind;
  /** Of an artifact. */
  readonly artifactType?: string;
  /** Never `unknown/unknown`. */
  readonly platforms: readonly string[];
  /** Bytes of all that it needs. */
  readonly size: number;
  /** RFC 3339: when it got its meaning. */
  readonly pushed?: string;
  /** RFC 3339, by the image's own word. */
  readonly created?: string;
}

/** `GET /api/tags/NAME?n&from&q&sort`. */
export interface TagPage {
  readonly tags: readonly TagRow[];
  /** How many tags there are that match. */
  readonly total: number;
  /** What `from` is for the next page; absent when there is none. */
  readonly next?: number;
  /** Only the first tags were looked at. */
  readonly isCut: boolean;
}

/** `GET /api/sizes/NAME`. */
export interface Sizes {
  /** Images that tags lead to, one for each platform. */
  readonly images: number;
  /** Bytes that they take together, each blob once. */
  readonly stored: number;
  /** Bytes that they would take if nothing were shared. */
  readonly apart: number;
  /** Bytes that other repositories have too; only for those who see all of them. */
  readonly elsewhere?: number;
  /** How many images need a blob, for those that more than one needs. */
  readonly shared: Readonly<Record<string, number>>;
  /** Only the first tags were looked at. */
  readonly isCut: boolean;
}

/** A claim about an image, beside it in its index. */
export interface AttestationRow {
  readonly digest: string;
  /** URIs that say what is claimed. */
  readonly predicates: readonly string[];
}

/** An entry of an index. */
export interface PlatformRow {
  readonly digest: string;
  readonly mediaType: string;
  /** Absent for what is for no platform. */
  readonly platform?: string;
  /** Bytes of all that it needs; absent when the registry does not have it. */
  readonly size?: number;
  readonly attestations: readonly AttestationRow[];
}

/** A layer of an image, the lowest first. */
export interface LayerRow {
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
  readonly diffId?: string;
  /** Its place in the history; absent when the history does not tell. */
  readonly step?: number;
}

/** One line of the history. */
export interface HistoryStep {
  /** As a Dockerfile would say it. */
  readonly instruction: string;
  readonly created?: string;
  readonly comment?: string;
  /** Its place among the layers; absent for what made none. */
  readonly layer?: number;
}

/** What an image is and was made by. */
export interface ImageDetails {
  readonly platform?: string;
  readonly created?: string;
  readonly author?: string;
  readonly layers: readonly LayerRow[];
  readonly history: readonly HistoryStep[];
  /** The history speaks of another number of layers than there are. */
  readonly isHistoryOdd: boolean;
  /** Settings for containers: a name, and what it is set to. */
  readonly settings: readonly (readonly [name: string, values: readonly string[]])[];
  readonly labels: readonly (readonly [name: string, value: string])[];
}

/** `GET /api/images/NAME/REFERENCE`. */
export interface ImageAnswer {
  readonly digest: string;
  readonly mediaType: string;
  readonly kind: ImageKind;
  readonly artifactType?: string;
  /** Bytes of all that it needs. */
  readonly size: number;
  readonly mayDelete: boolean;
  readonly annotations: readonly (readonly [name: string, value: string])[];
  /** Of an index. */
  readonly platforms: readonly PlatformRow[];
  /** Of an image; artifacts have their layers only. */
  readonly image?: ImageDetails;
  /** Tags by which older tools attach signatures and the like. */
  readonly attached: readonly { readonly tag: string; readonly kind: string }[];
}

/** What an entry of a layer is. `whiteout` takes away what is below it. */
export type FileKind =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'hardlink'
  | 'char'
  | 'block'
  | 'fifo'
  | 'whiteout';

/** An entry of a layer. */
export interface FileRow {
  /** What `dir` is for what is in it. */
  readonly id: number;
  /** Its name; for something found, its path. */
  readonly name: string;
  readonly kind: FileKind;
  /** Bytes, of a directory with all that is in it. */
  readonly size: number;
  /** Octal, `755`. */
  readonly mode: string;
  readonly link?: string;
  /** Of a directory: how many entries it has. */
  readonly entries?: number;
  /** Of a directory: it hides what was there below. */
  readonly isOpaque?: boolean;
}

/** `GET /api/files/NAME/DIGEST?dir&from&q`. */
export interface FilePage {
  readonly files: readonly FileRow[];
  /** How many there are. */
  readonly total: number;
  readonly next?: number;
  /** Entries of the whole layer. */
  readonly entries: number;
  /** Why there may be more in the layer than is shown. */
  readonly cut?: string;
}
