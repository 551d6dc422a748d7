import { isAbsolute, posix, resolve } from 'node:path';
import { csvFields } from '../../base/csv.ts';
import { outsideMap } from '../../oci/json.ts';
import { ContainerStartError } from './errors.ts';
import type { Tmpfs } from './tmpfs.ts';
import { namedVolume, type Volume, volumeTarget } from './volumes.ts';

/** One `--mount`, understood: like a `-v` or like a `--tmpfs`. */
export type Mount = { readonly volume: Volume } | { readonly tmpfs: Tmpfs };

const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
const TYPES = ['bind', 'volume', 'tmpfs'];
const ALIASES: Readonly<Record<string, string>> = {
  src: 'source',
  dst: 'target',
  destination: 'target',
  ro: 'readonly',
};
const KEYS = new Set([
  'type',
  'source',
  'target',
  'readonly',
  'consistency',
  'bind-propagation',
  'bind-nonrecursive',
  'bind-recursive',
  'bind-create-src',
  'volume-nocopy',
  'volume-label',
  'volume-driver',
  'volume-opt',
  'volume-subpath',
  'tmpfs-size',
  'tmpfs-mode',
]);
const FLAGS = new Set(['readonly', 'bind-nonrecursive', 'bind-create-src', 'volume-nocopy']);

/** The keys of one `--mount`; those that may come again are lists. */
interface Fields {
  readonly one: ReadonlyMap<string, string>;
  readonly labels: readonly string[];
  readonly options: readonly string[];
}

/**
 * Reads `type=bind,source=…,target=…`, as Docker does. Throws ContainerStartError.
 *
 * @see https://docs.docker.com/engine/storage/bind-mounts/#options-for---mount
 */
export function parseMount(text: string): Mount {
  try {
    return mountOf(fieldsOf(text));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ContainerStartError(
      `invalid argument ${JSON.stringify(text)} for "--mount" flag: ${error.message}`,
    );
  }
}

function fieldsOf(text: string): Fields {
  const one = new Map<string, string>();
  const labels: string[] = [];
  const options: string[] = [];
  for (const field of csvFields(text)) {
    const equals = field.indexOf('=');
    const typed = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const key = ALIASES[typed] ?? typed;
    const value = equals < 0 ? undefined : field.slice(equals + 1);
    if (!KEYS.has(key)) {
      throw new RangeError(
        value === undefined
          ? `invalid field '${field}' must be a key=value pair`
          : `unexpected key '${typed}' in '${field}'`,
      );
    }
    if (value === undefined && !FLAGS.has(key)) {
      throw new RangeError(`invalid field '${field}' must be a key=value pair`);
    }
    if (key === 'volume-label') labels.push(value ?? '');
    else if (key === 'volume-opt') options.push(value ?? '');
    else one.set(key, value ?? 'true');
  }
  return { one, labels, options };
}

function mountOf(fields: Fields): Mount {
  const { one, labels, options } = fields;
  const type = (one.get('type') ?? 'volume').toLowerCase();
  if (!TYPES.includes(type)) throw new RangeError(`mounts of type '${type}' are not available`);
  for (const kind of TYPES) {
    const isMixed =
      [...one.keys()].some((key) => key.startsWith(`${kind}-`)) ||
      (kind === 'volume' && labels.length + options.length > 0);
    if (isMixed && kind !== type) {
      throw new RangeError(`cannot mix '${kind}-*' options with mount type '${type}'`);
    }
  }
  const target = one.get('target') ?? '';
  if (target === '') throw new RangeError('target is required');
  const place = targetOf(type, target);
  if (type === 'tmpfs') return { tmpfs: tmpfsOf(place, fields) };
  return { volume: type === 'bind' ? bindOf(place, fields) : volumeOf(place, fields) };
}

function targetOf(type: string, target: string): string {
  if (posix.isAbsolute(target) && posix.resolve(target) !== '/') return volumeTarget(target);
  const what = posix.isAbsolute(target)
    ? "invalid specification: destination can't be '/'"
    : `invalid mount path: '${target}' mount path must be absolute`;
  throw new ContainerStartError(`invalid mount config for type "${type}": ${what}`);
}

function bindOf(target: string, { one }: Fields): Volume {
  const source = one.get('source') ?? '';
  const bad = (what: string): ContainerStartError =>
    new ContainerStartError(`invalid mount config for type "bind": ${what}`);
  if (source === '') throw bad('field Source must not be empty');
  if (!isAbsolute(source) && !source.startsWith('.')) {
    throw bad(`invalid mount path: '${source}' mount path must be absolute`);
  }
  const propagation = one.get('bind-propagation');
  if (propagation !== undefined && !/^r?(?:shared|slave|private)$/.test(propagation)) {
    throw bad(`invalid propagation mode: ${propagation}`);
  }
  const recursive = one.get('bind-recursive') ?? 'enabled';
  if (!['enabled', 'disabled', 'writable', 'readonly'].includes(recursive)) {
    throw new RangeError(`invalid value for bind-recursive: ${recursive}`);
  }
  if (recursive === 'readonly') {
    throw new RangeError('bind-recursive=readonly is not available');
  }
  return {
    source: { kind: 'path', path: resolve(source), create: flagOf(one, 'bind-create-src') },
    target,
    readonly: flagOf(one, 'readonly'),
    filled: false,
    mode: '',
    recursive: recursive !== 'disabled' && !flagOf(one, 'bind-nonrecursive'),
    ...(propagation !== undefined && { propagation }),
  };
}

function volumeOf(target: string, { one, labels, options }: Fields): Volume {
  const source = one.get('source') ?? '';
  const [subpath, driver] = [one.get('volume-subpath'), one.get('volume-driver')];
  if (source === '' && subpath !== undefined) {
    throw new ContainerStartError(
      'invalid mount config for type "volume": must not set Subpath when using anonymous volumes',
    );
  }
  return {
    source: source === '' ? { kind: 'anonymous' } : namedVolume(source),
    target,
    readonly: flagOf(one, 'readonly'),
    filled: !flagOf(one, 'volume-nocopy'),
    mode: '',
    ...(subpath !== undefined && { subpath }),
    ...(driver !== undefined && { driver }),
    ...(labels.length > 0 && { labels: mapOf(labels) }),
    ...(options.length > 0 && { options: mapOf(options) }),
  };
}

function tmpfsOf(target: string, { one }: Fields): Tmpfs {
  if (one.get('source') !== undefined) {
    throw new ContainerStartError(
      'invalid mount config for type "tmpfs": field Source must not be specified',
    );
  }
  const size = one.get('tmpfs-size');
  const mode = one.get('tmpfs-mode');
  const [, amount, unit] = /^(\d+)([bkmg]?)b?$/i.exec(size ?? '0') ?? [];
  if (amount === undefined) throw new RangeError(`invalid value for tmpfs-size: ${size}`);
  if (mode !== undefined && !/^0?[0-7]{1,4}$/.test(mode)) {
    throw new RangeError(`invalid value for tmpfs-mode: ${mode}`);
  }
  const bytes = Number(amount) * (UNITS[(unit ?? '').toLowerCase()] ?? 1);
  return {
    target,
    options: ['noexec', 'nosuid', 'nodev', ...(flagOf(one, 'readonly') ? ['ro'] : [])],
    ...(bytes > 0 && { size: bytes }),
    ...(mode !== undefined && { mode: Number.parseInt(mode, 8) }),
  };
}

/** As Go reads booleans. */
function flagOf(fields: ReadonlyMap<string, string>, key: string): boolean {
  const value = fields.get(key) ?? 'false';
  if (/^(?:1|t|true)$/i.test(value)) return true;
  if (/^(?:0|f|false)$/i.test(value)) return false;
  throw new RangeError(`invalid value for ${key}: ${value}`);
}

function mapOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  return outsideMap(
    pairs.map((pair): [string, string] => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
