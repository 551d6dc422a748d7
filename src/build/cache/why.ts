import type { CacheRow, Ingredient } from '../../store/tables.ts';

const WORDS: Record<Ingredient['kind'], string> = {
  instruction: 'the instruction',
  parent: 'the step before it',
  base: 'the base image',
  arg: 'ARG',
  env: 'ENV',
  file: 'file',
  mount: 'mount',
  platform: 'the platform',
  flag: 'flag',
};

/**
 * Says in one line why a step has to run: what differs from the record of the same place that
 * differs least.
 */
export function explainMiss(earlier: readonly CacheRow[], now: readonly Ingredient[]): string {
  if (earlier.length === 0) return 'no earlier result of this step';
  const [nearest] = earlier
    .map((row) => difference(row.ingredients, now))
    .sort((a, b) => a.length - b.length);
  if (nearest === undefined || nearest.length === 0) return 'its earlier result is gone';
  // A changed parent explains every step below it; anything else is the step's own reason.
  const own = nearest.filter(({ kind }) => kind !== 'parent');
  return [...new Set((own.length > 0 ? own : nearest).map(word))].slice(0, 3).join(', ');
}

interface Difference {
  readonly kind: Ingredient['kind'];
  readonly name: string;
  readonly how: 'changed' | 'added' | 'removed';
}

function difference(before: readonly Ingredient[], now: readonly Ingredient[]): Difference[] {
  const id = ({ kind, name }: Ingredient): string => `${kind} ${name}`;
  const old = new Map(before.map((one) => [id(one), one]));
  const found: Difference[] = [];
  for (const one of now) {
    const was = old.get(id(one));
    old.delete(id(one));
    if (was?.digest === one.digest) continue;
    found.push({ kind: one.kind, name: one.name, how: was ? 'changed' : 'added' });
  }
  for (const { kind, name } of old.values()) found.push({ kind, name, how: 'removed' });
  return found;
}

function word({ kind, name, how }: Difference): string {
  const named = ['arg', 'env', 'file', 'mount', 'flag'].includes(kind);
  return `${WORDS[kind]}${named ? ` ${name}` : ''} ${how}`;
}
