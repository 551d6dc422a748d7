import type { Digest } from '../oci/digest.ts';
import { type CheckedManifest, checkManifest, referrerOf } from './check-manifest.ts';
import type { IndexTables, TagChange } from './index-tables.ts';
import type { JournalEntry } from './journal.ts';
import type { ReferrerRow, StoredManifest } from './storage.ts';

/** What the tables have to know of a manifest beyond its journal entry. */
export interface ManifestFacts {
  readonly names: CheckedManifest['names'];
  readonly referrer: ReferrerRow | undefined;
}

/**
 * Takes a change up into the tables; `end` is the place in the journal after it. `facts` are
 * those of a manifest that was put: undefined when its body is gone, since it was removed later.
 * Until then its tags mean what is not there.
 */
export function applyEntry(
  tables: IndexTables,
  repository: string,
  entry: JournalEntry,
  end: number,
  facts: () => ManifestFacts | undefined,
): void {
  const at = Date.parse(entry.at);
  if ('put' in entry) applyPut(tables, repository, entry, at, facts());
  else if ('pulled' in entry) {
    for (const digest of entry.pulled) tables.setPulled(repository, digest, at);
  } else if ('remove' in entry) {
    for (const tag of tables.tagsOf(repository, entry.remove)) {
      note(tables, repository, { ...entry, tag, digest: null, at, what: entry.why ?? 'delete' });
    }
    tables.removeManifest(repository, entry.remove);
  } else {
    const [tag, digest] = 'untag' in entry ? [entry.untag, null] : [entry.tag, entry.is];
    tables.setTag(repository, tag, digest, at);
    const what = entry.why ?? (digest === null ? 'delete' : 'push');
    note(tables, repository, { ...entry, tag, digest, at, what });
  }
  tables.setApplied(repository, end, !('pulled' in entry));
}

function applyPut(
  tables: IndexTables,
  repository: string,
  entry: Extract<JournalEntry, { readonly put: Digest }>,
  at: number,
  facts: ManifestFacts | undefined,
): void {
  const { put: digest, type: mediaType, size, tags = [] } = entry;
  if (facts) {
    tables.putManifest(repository, { manifest: { digest, mediaType, size }, at, ...facts });
  }
  for (const tag of tags) {
    tables.setTag(repository, tag, digest, at);
    note(tables, repository, { ...entry, tag, digest, at, what: entry.why ?? 'push' });
  }
}

function note(
  tables: IndexTables,
  repository: string,
  change: {
    readonly tag: string;
    readonly digest: Digest | null;
    readonly at: number;
    readonly by?: string | undefined;
    readonly what: TagChange;
  },
): void {
  const { tag, digest, at, by = null, what } = change;
  // Pushed again as it is: that is no change.
  const isSame = what === 'push' && tables.history(repository, tag, 1)[0]?.digest === digest;
  if (isSame) return;
  tables.addHistory(repository, { tag, digest, at, actor: by, what });
}

/** The facts of a manifest from its body. Throws InvalidInputError for what was never accepted. */
export function factsOf(body: Uint8Array, manifest: StoredManifest): ManifestFacts {
  const checked = checkManifest(body, manifest.mediaType);
  return { names: checked.names, referrer: referrerOf(checked, manifest) };
}
