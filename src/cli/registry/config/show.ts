import { type Effective, valueOf } from './effective.ts';
import { type Leaf, rowsOf, type SectionList } from './shape.ts';
import { CONFIG } from './table.ts';

/** Keys and values that count, defaults too, as YAML. Nothing in it is secret. */
export async function effectiveText(effective: Effective): Promise<string> {
  const { stringify } = await import('yaml');
  const shown: Record<string, unknown> = {};
  for (const row of rowsOf(CONFIG)) {
    const value = valueOf(effective, row);
    const { shape } = row;
    const isSet = value !== undefined && !(Array.isArray(value) && value.length === 0);
    const initial = 'initial' in shape ? shape.initial : undefined;
    const text = isSet ? textOf(value, shape.kind) : initial;
    if (text !== undefined)
      put(shown, row.path.split('.'), shape.kind === 'sections' ? items(text, shape) : text);
  }
  return stringify(shown);
}

function put(target: Record<string, unknown>, [key = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner = (target[key] ??= {}) as Record<string, unknown>;
  put(inner, rest, value);
}

function items(list: unknown, { of }: SectionList): unknown {
  return (list as readonly Record<string, unknown>[]).map((item) => {
    const shown: Record<string, unknown> = {};
    for (const [key, shape] of Object.entries(of.fields)) {
      const value = item[key];
      if (value !== undefined) shown[key] = textOf(value, shape.kind);
      else if ('initial' in shape && shape.initial !== undefined) shown[key] = shape.initial;
    }
    return shown;
  });
}

function textOf(
  value: unknown,
  kind: Leaf['kind'] | 'secret' | 'map' | 'sections' | 'section',
): unknown {
  if (kind === 'duration' && typeof value === 'number') return durationText(value);
  if (kind === 'bytes' && typeof value === 'number') return bytesText(value);
  // Some put what lets them in behind the question mark.
  if (kind === 'url' && typeof value === 'string') return value.replace(/\?.*$/, '?hidden');
  return value;
}

function durationText(milliseconds: number): string {
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const) {
    if (milliseconds >= size && milliseconds % size === 0) return `${milliseconds / size}${unit}`;
  }
  return `${milliseconds}ms`;
}

function bytesText(bytes: number): string | number {
  for (const [unit, size] of [
    ['g', 1024 ** 3],
    ['m', 1024 ** 2],
    ['k', 1024],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return bytes;
}
