import type { StepDifference } from '../../base/progress.ts';
import type { Digest } from '../../oci/digest.ts';
import type { CacheRow, Ingredient } from '../../store/tables.ts';
import { OF_THE_BASE } from './key.ts';

/** An ingredient before and now; one side is missing where it was added or removed. */
export interface Change {
  readonly kind: Ingredient['kind'];
  readonly name: string;
  readonly how: StepDifference['how'];
  readonly before?: Ingredient;
  readonly now?: Ingredient;
}

/** Stands for the digest of an argument's value on another machine, which is not told. */
export const UNTOLD = 'sha256:untold' as Digest;

/** What differs between two lists of ingredients, in the order of the second. */
export function changesBetween(
  before: readonly Ingredient[],
  now: readonly Ingredient[],
): Change[] {
  const old = new Map(numbered(before));
  const found: Change[] = [];
  for (const [id, one] of numbered(now)) {
    const { kind, name } = one;
    const was = old.get(id);
    old.delete(id);
    if (was?.digest === one.digest || was?.digest === UNTOLD) continue;
    if (was) found.push({ kind, name, how: 'changed', before: was, now: one });
    else found.push({ kind, name, how: 'added', now: one });
  }
  for (const was of old.values()) {
    found.push({ kind: was.kind, name: was.name, how: 'removed', before: was });
  }
  return found.length > 0 ? found : moved(before, now);
}

/**
 * Ingredients with names of their own. Of a flag that may be given several times every value is
 * one: that one was added does not change the others.
 */
function numbered(list: readonly Ingredient[]): [string, Ingredient][] {
  const count = new Map<string, number>();
  for (const { kind, name } of list) {
    const id = `${kind} ${name}`;
    count.set(id, (count.get(id) ?? 0) + 1);
  }
  return list.map((one) => {
    const id = `${one.kind} ${one.name}`;
    return [LISTS.has(one.name) || count.get(id)! > 1 ? `${id} ${one.digest}` : id, one];
  });
}

/** Flags that can be given more than once. */
const LISTS = new Set(['--exclude', '--add-host']);

/** The variables that stand in another order, where nothing else differs. */
function moved(before: readonly Ingredient[], now: readonly Ingredient[]): Change[] {
  return now.flatMap((one, index) => {
    const was = before[index];
    if (was === undefined || (was.kind === one.kind && was.name === one.name)) return [];
    return [{ kind: one.kind, name: one.name, how: 'moved' as const, before: one, now: one }];
  });
}

/** The record that differs least, and in what; the newest of equals. Rows come newest first. */
export function nearest(
  rows: readonly CacheRow[],
  now: readonly Ingredient[],
): { readonly row: CacheRow; readonly changes: readonly Change[] } | undefined {
  let best: { row: CacheRow; changes: Change[] } | undefined;
  for (const row of rows) {
    const changes = changesBetween(row.ingredients, now);
    if (!best || weight(changes) < weight(best.changes)) best = { row, changes };
  }
  return best;
}

/** A changed base changes much at once; what a step itself says weighs more. */
function weight(changes: readonly Change[]): number {
  return changes.reduce((sum, { kind, now, before }) => {
    if (kind === 'parent') return sum + 1;
    return sum + ((now ?? before)?.text === OF_THE_BASE ? 1 : 4);
  }, 0);
}
