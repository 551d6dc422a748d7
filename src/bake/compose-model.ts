import { BakeError } from './errors.ts';

/** Plain data as YAML holds it. */
export type Yaml = string | number | boolean | null | readonly Yaml[] | YamlMap;

/** A mapping. Null-prototype, so that keys from outside are nothing but keys. */
export interface YamlMap {
  readonly [key: string]: Yaml;
}

/** Whether it is a mapping. */
export function isMap(value: Yaml | undefined): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The mapping at a key; an empty one where there is none. */
export function mapAt(value: YamlMap, key: string): YamlMap {
  const found = value[key];
  return isMap(found) ? found : {};
}

/** A scalar as text; undefined for what is none. */
export function scalar(value: Yaml | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? `${value}`
    : undefined;
}

/** A list of texts; one text is a list of itself. */
export function texts(value: Yaml | undefined): string[] {
  if (Array.isArray(value)) return (value as readonly Yaml[]).flatMap((one) => scalar(one) ?? []);
  const one = scalar(value);
  return one === undefined ? [] : [one];
}

/** `{key: value}` or `[key=value]`; null where no value is given. */
export function pairs(value: Yaml | undefined, separators = /=/): Map<string, string | null> {
  if (isMap(value)) {
    return new Map(Object.entries(value).map(([key, one]) => [key, scalar(one) ?? null]));
  }
  return new Map(
    texts(value).map((text) => {
      const at = text.search(separators);
      return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** Copies data with a change of every text in it. Throws BakeError when it is too deep. */
export function mapTexts(value: Yaml, change: (text: string) => string, depth = 0): Yaml {
  if (depth > 100) throw new BakeError('the compose file is nested too deep');
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value))
    return (value as readonly Yaml[]).map((one) => mapTexts(one, change, depth + 1));
  if (!isMap(value)) return value;
  const copy: Record<string, Yaml> = Object.create(null) as Record<string, Yaml>;
  for (const [key, one] of Object.entries(value)) copy[key] = mapTexts(one, change, depth + 1);
  return copy;
}

/** Keys whose lists are settings of their own: those of the later file count alone. */
const REPLACED = new Set(['command', 'entrypoint', 'test']);

/** The first with the second on top: mappings are merged, lists joined, everything else replaced. */
export function mergeYaml(under: Yaml | undefined, over: Yaml, key = ''): Yaml {
  if (under === undefined || under === null) return over;
  if (over === null) return under;
  if (isMap(under) && isMap(over)) {
    const merged: Record<string, Yaml> = Object.assign(
      Object.create(null) as Record<string, Yaml>,
      under,
    );
    for (const [name, one] of Object.entries(over))
      merged[name] = mergeYaml(merged[name], one, name);
    return merged;
  }
  const isPairs = (isMap(under) && Array.isArray(over)) || (Array.isArray(under) && isMap(over));
  if (isPairs) return Object.fromEntries([...pairs(under), ...pairs(over)]);
  if (Array.isArray(under) && Array.isArray(over) && !REPLACED.has(key)) {
    return [...new Set<Yaml>([...(under as readonly Yaml[]), ...(over as readonly Yaml[])])];
  }
  return over;
}
