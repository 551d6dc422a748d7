import { readFacts } from './changes.ts';
import type { FileParts } from './file-storage.ts';
import type { TagChange } from './index-tables.ts';
import type { StoredManifest } from './storage.ts';

/**
 * Removes a manifest with its tags. What it needed counts as used until now. To be called in the
 * repository's turn.
 */
export async function dropManifest(
  { changes, content, paths }: FileParts,
  repository: string,
  manifest: StoredManifest,
  cause: { readonly at: string; readonly by?: string | undefined; readonly why?: TagChange },
): Promise<void> {
  const { digest } = manifest;
  const { names = [] } = readFacts(paths.blob(repository, digest), manifest) ?? {};
  await changes.record(repository, { ...cause, remove: digest });
  content.unlink(repository, digest);
  for (const name of names) content.released(repository, name);
}
