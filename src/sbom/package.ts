/** Kinds of packages, under the names that package URLs have for them. */
export type PackageKind = 'deb' | 'apk' | 'rpm' | 'npm' | 'pypi';

/** A package that is installed in an image. All texts are one line. */
export interface Package {
  readonly kind: PackageKind;
  readonly name: string;
  readonly version: string;
  readonly architecture?: string;
  /** What it was made from, where that has another name or version. */
  readonly source?: { readonly name: string; readonly version?: string };
  /** `Jane Doe <jane@example.com>`, or the name of an organization. */
  readonly maintainer?: string;
  /** As the package says it: an SPDX expression, or anything else. */
  readonly license?: string;
  /** An http or https URL. */
  readonly homepage?: string;
  readonly description?: string;
  /** Where it is written down: absolute, the first place of several. */
  readonly foundIn: string;
}

/** What `os-release` says of an image. */
export interface Distro {
  /** `debian`. */
  readonly id: string;
  /** `12`; rolling releases have none. */
  readonly version?: string;
  /** For people: `Debian GNU/Linux 12 (bookworm)`. */
  readonly title?: string;
}

/** A list of packages that is there and was not, or not wholly, read. */
export interface NotRead {
  /** Absolute. */
  readonly path: string;
  /** Why: a clause. */
  readonly reason: string;
}

/** All packages of an image. */
export interface PackageList {
  /** By kind, name, version and architecture. */
  readonly packages: readonly Package[];
  readonly distro?: Distro;
  /** By path. */
  readonly notRead: readonly NotRead[];
}

/** What a list of packages is about. */
export interface Described {
  /** The name of the image, as it was asked for. */
  readonly name: string;
  /** Digest of its manifest, where it has one. */
  readonly digest?: string;
  /** As a package URL. */
  readonly purl?: string;
  /** The time that documents bear. */
  readonly created: Date;
  /** Of the program that makes the list. */
  readonly toolVersion: string;
}
