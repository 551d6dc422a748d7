import type { ServeValues } from '../serve-flags.ts';
import type { ConfigTree } from './read.ts';
import { type Row, rowsOf } from './shape.ts';
import { CONFIG } from './table.ts';

/** All settings of a registry, wherever they were said. */
export interface Effective {
  readonly flags: ServeValues;
  /** What the file says; empty without one. */
  readonly tree: ConfigTree;
}

/** Settings of a file under those of the command line: flags that were typed count more. */
export function effectiveOf(
  flags: ServeValues,
  typed: ReadonlySet<string>,
  tree: ConfigTree,
): Effective {
  const merged: Record<string, unknown> = { ...flags };
  for (const { path, shape } of rowsOf(CONFIG)) {
    const name = 'flag' in shape ? shape.flag : undefined;
    const value = valueAt(tree, path);
    if (name !== undefined && !typed.has(name) && value !== undefined) merged[name] = value;
  }
  return { flags: merged as ServeValues, tree };
}

/** The value of a row. */
export function valueOf({ flags, tree }: Effective, { path, shape }: Row): unknown {
  return 'flag' in shape && shape.flag !== undefined
    ? flags[shape.flag as keyof ServeValues]
    : valueAt(tree, path);
}

/** What stands at `a.b.c`. */
export function valueAt(tree: ConfigTree, path: string): unknown {
  let value: unknown = tree;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** Paths of what differs, by whether a running registry takes it over. */
export function changesBetween(
  before: Effective,
  after: Effective,
): { readonly taken: readonly string[]; readonly refused: readonly string[] } {
  const taken: string[] = [];
  const refused: string[] = [];
  for (const row of rowsOf(CONFIG)) {
    const same = JSON.stringify(valueOf(before, row)) === JSON.stringify(valueOf(after, row));
    if (same) continue;
    const { isReloaded = false } = row.shape as { readonly isReloaded?: boolean };
    (isReloaded ? taken : refused).push(row.path);
  }
  return { taken, refused };
}

/** The settings with which a running registry goes on: what it cannot take over stays. */
export function takenOver(before: Effective, after: Effective): Effective {
  const flags: Record<string, unknown> = { ...before.flags };
  const { refused } = changesBetween(before, after);
  const stays = new Set(refused);
  for (const { path, shape } of rowsOf(CONFIG)) {
    if (!('flag' in shape) || shape.flag === undefined || stays.has(path)) continue;
    flags[shape.flag] = after.flags[shape.flag as keyof ServeValues];
  }
  return { flags: flags as ServeValues, tree: after.tree };
}
