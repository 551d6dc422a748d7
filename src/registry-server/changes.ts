import { readFileSync, statSync } from 'node:fs';
import { InvalidInputError, isErrno } from '../base/errors.ts';
import { digestLike } from '../oci/digest.ts';
import { applyEntry, factsOf, type ManifestFacts } from './apply-entry.ts';
import type { IndexTables } from './index-tables.ts';
import { appendEntry, type JournalEntry, readEntries } from './journal.ts';
import type { LayoutIndexes } from './layout-index.ts';
import type { RegistryPaths } from './paths.ts';
import type { StoredManifest } from './storage.ts';

/** Whatever changes tags and manifests goes through here: the journal, then the tables. */
export class Changes {
  readonly #paths: RegistryPaths;
  readonly #tables: IndexTables;
  readonly #indexes: LayoutIndexes;

  constructor(paths: RegistryPaths, tables: IndexTables, indexes: LayoutIndexes) {
    this.#paths = paths;
    this.#tables = tables;
    this.#indexes = indexes;
  }

  /**
   * Writes what changed, for good, and then makes it visible. To be called in the repository's
   * turn. `facts` are those of a manifest that is put.
   */
  async record(repository: string, entry: JournalEntry, facts?: ManifestFacts): Promise<void> {
    const mayBeLost = 'pulled' in entry;
    const journal = this.#paths.journal(repository);
    const { start, end } = await appendEntry(journal, entry, { mayBeLost });
    // Tables that could not be written before must not lose what they lack.
    if (this.#tables.repository(repository)?.applied !== start) this.replay(repository);
    else this.#tables.change(() => applyEntry(this.#tables, repository, entry, end, () => facts));
    if (!mayBeLost) this.#indexes.changed(repository);
  }

  /** Takes up what the tables do not hold of a journal. */
  replay(repository: string): void {
    const { applied = 0 } = this.#tables.repository(repository) ?? {};
    this.#tables.change(() => {
      for (const { entry, end } of readEntries(this.#paths.journal(repository), applied)) {
        applyEntry(this.#tables, repository, entry, end, () => this.#facts(repository, entry));
      }
      this.#tables.dropEmptyTags(repository);
    });
  }

  /** Undefined when the body is not there, or is not what it was. */
  #facts(repository: string, entry: JournalEntry): ManifestFacts | undefined {
    if (!('put' in entry)) return undefined;
    const { put: digest, type: mediaType, size } = entry;
    return readFacts(this.#paths.blob(repository, digest), { digest, mediaType, size });
  }
}

/** What a manifest's file says; undefined when it is not there, or is not what it was. */
export function readFacts(path: string, manifest: StoredManifest): ManifestFacts | undefined {
  try {
    const body = readFileSync(path);
    return digestLike(manifest.digest, body) === manifest.digest
      ? factsOf(body, manifest)
      : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

/** What tells one journal of a repository from another that was written in its place. */
export function journalOf(paths: RegistryPaths, repository: string): string {
  return String(statSync(paths.journal(repository)).ino);
}
