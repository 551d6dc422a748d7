import { join } from 'node:path';
import type { Digest } from '../oci/digest.ts';

/**
 * Where things lie in the folder of a registry:
 *
 *     blobs/sha256/ab/abcd…      every content once
 *     repositories/team+app/     an OCI image layout: `+` stands for `/` and is in no name
 *       oci-layout
 *       index.json               written after changes, for other tools
 *       blobs/sha256/abcd…       hard links to the above
 *       journal                  every change, a JSON line each: the truth
 *       mirrored                 for one that is read through: the name of what it comes from
 *     uploads/team+app/<UUID>    bytes that came so far
 *     quarantine/sha256-abcd…    contents that were found damaged
 *     scrub.json                 how far the check of all contents is
 *     control                    a socket, while the registry runs
 *     index.db                   tables made from the journals
 */
export class RegistryPaths {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  get lock(): string {
    return join(this.root, 'lock');
  }

  get database(): string {
    return join(this.root, 'index.db');
  }

  get repositories(): string {
    return join(this.root, 'repositories');
  }

  get uploads(): string {
    return join(this.root, 'uploads');
  }

  /** Folders of repositories on their way out. */
  get trash(): string {
    return join(this.root, 'trash');
  }

  /** Contents whose bytes are not what they were. */
  get quarantine(): string {
    return join(this.root, 'quarantine');
  }

  /** Where a running registry takes orders. */
  get control(): string {
    return join(this.root, 'control');
  }

  /** What is written to see whether anything can be. */
  get probe(): string {
    return join(this.root, 'probe');
  }

  /** How far the check of all contents is. */
  get scrub(): string {
    return join(this.root, 'scrub.json');
  }

  get blobs(): string {
    return join(this.root, 'blobs');
  }

  /** The content of all repositories. */
  pool(digest: Digest): string {
    const [algorithm, hex] = parts(digest);
    return join(this.root, 'blobs', algorithm, hex.slice(0, 2), hex);
  }

  repository(name: string): string {
    return join(this.repositories, folder(name));
  }

  journal(repository: string): string {
    return join(this.repository(repository), 'journal');
  }

  /** Is there when parts of manifests may be missing, because they come when they are asked for. */
  mirrored(repository: string): string {
    return join(this.repository(repository), 'mirrored');
  }

  /** A content as one repository has it. */
  blob(repository: string, digest: Digest): string {
    const [algorithm, hex] = parts(digest);
    return join(this.repository(repository), 'blobs', algorithm, hex);
  }

  uploadsOf(repository: string): string {
    return join(this.uploads, folder(repository));
  }

  upload(repository: string, id: string): string {
    return join(this.uploadsOf(repository), id);
  }
}

/** The name of the repository that has a folder. */
export function repositoryOf(folderName: string): string {
  return folderName.replaceAll('+', '/');
}

function folder(repository: string): string {
  return repository.replaceAll('/', '+');
}

function parts(digest: Digest): [algorithm: string, hex: string] {
  const colon = digest.indexOf(':');
  return [digest.slice(0, colon), digest.slice(colon + 1)];
}
