import { isDeepStrictEqual } from 'node:util';
import type { ContainerConfig } from '../../oci/image-config.ts';

/** Settings that are sets of entries, each on its own. */
const MAPS = ['Labels', 'ExposedPorts', 'Volumes'] as const;

type Json = Readonly<Record<string, unknown>>;

/** A config on a new base, and what of it hides something that is new there. */
export interface MergedConfig {
  readonly config: ContainerConfig;
  /** Settings that all three differ in; the image's stays. */
  readonly kept: readonly string[];
}

/**
 * What the image set stays; what it had from its old base becomes what the new base says.
 * Variables, labels, ports and volumes are looked at one by one.
 */
export function mergeConfig(
  before: ContainerConfig,
  own: ContainerConfig,
  after: ContainerConfig,
): MergedConfig {
  const kept: string[] = [];
  const special = new Set<string>(['Env', ...MAPS]);
  const plain = ({ ...all }: Json): Json =>
    Object.fromEntries(Object.entries(all).filter(([key]) => !special.has(key)));
  const merged: Record<string, unknown> = merge(plain(before), plain(own), plain(after), '', kept);
  for (const key of MAPS) {
    const map = merge(before[key] ?? {}, own[key] ?? {}, after[key] ?? {}, `${key} `, kept);
    if (Object.keys(map).length > 0) merged[key] = map;
  }
  const env = merge(variables(before), variables(own), variables(after), 'Env ', kept);
  const texts = Object.entries(env).map(([name, value]) => `${name}=${String(value)}`);
  if (texts.length > 0) merged['Env'] = texts;
  return { config: merged, kept };
}

/** Members of the new base come first, in their order. */
function merge(before: Json, own: Json, after: Json, what: string, kept: string[]): Json {
  const merged: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(after), ...Object.keys(own)])) {
    const [old, mine, fresh] = [memberOf(before, key), memberOf(own, key), memberOf(after, key)];
    const isMine = !isDeepStrictEqual(old, mine);
    if (isMine && !isDeepStrictEqual(old, fresh) && !isDeepStrictEqual(mine, fresh)) {
      kept.push(`${what}${key}`);
    }
    const value = isMine ? mine : fresh;
    if (value !== undefined) Object.defineProperty(merged, key, { value, ...VISIBLE });
  }
  return merged;
}

/** Keys come from outside: one may be `__proto__`. */
const VISIBLE = { enumerable: true, configurable: true, writable: true };

function memberOf(json: Json, key: string): unknown {
  return Object.hasOwn(json, key) ? json[key] : undefined;
}

function variables({ Env = [] }: ContainerConfig): Json {
  return Object.fromEntries(
    Env.map((text) => {
      const equals = text.indexOf('=');
      return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}
