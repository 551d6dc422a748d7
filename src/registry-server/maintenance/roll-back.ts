import { InvalidInputError } from '../../base/errors.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';
import { RegistryDataError } from '../errors.ts';
import type { FileParts } from '../file-storage.ts';
import type { HistoryRow } from '../index-tables.ts';

/** What a tag meant and means. */
export interface RollBack {
  readonly before: Digest | undefined;
  readonly now: Digest;
}

/**
 * Makes a tag mean what it meant before: `to` is a digest, or how many changes to go back. Its
 * manifest must still be there. Throws InvalidInputError and RegistryDataError.
 */
export async function rollBack(
  { changes, clock, tables, turns }: FileParts,
  place: { readonly repository: string; readonly tag: string },
  to: Digest | number,
  options: { readonly by?: string | undefined; readonly isFixed: boolean },
): Promise<RollBack> {
  const { repository, tag } = place;
  return turns.take(repository, async () => {
    const name = `${repository}:${tag}`;
    if (!tables.repository(repository)) {
      throw new RegistryDataError(`there is no repository ${repository}`);
    }
    const before = tables.tagged(repository, tag)?.digest;
    const past = tables.history(repository, tag, Number.MAX_SAFE_INTEGER);
    const now = typeof to === 'number' ? backBy(past, to, name) : to;
    if (options.isFixed && before !== undefined && before !== now) {
      throw new RegistryDataError(`${name} is immutable`);
    }
    if (!tables.manifest(repository, now)) {
      throw new RegistryDataError(`${repository} does not have ${now} any more`);
    }
    const at = clock.now().toISOString();
    await changes.record(repository, { at, tag, is: now, by: options.by, why: 'rollback' });
    return { before, now };
  });
}

/** A digest, or a number of changes. Throws InvalidInputError. */
export function rollBackTarget(text: string): Digest | number {
  if (isDigest(text)) return text;
  const steps = Number(text);
  if (/^\d{1,3}$/.test(text) && steps > 0) return steps;
  throw new InvalidInputError(`${text} is neither a digest nor a number of changes`);
}

function backBy(past: readonly HistoryRow[], steps: number, name: string): Digest {
  const row = past[steps];
  if (row?.digest) return row.digest;
  if (row) throw new RegistryDataError(`${steps} changes ago ${name} meant nothing`);
  const known = Math.max(past.length - 1, 0);
  throw new RegistryDataError(`of ${name} only ${known} earlier changes are known`);
}
