import type { ImageConfig } from './image-config.ts';
import type { Index, Manifest } from './manifest.ts';

/**
 * Keys in the order in which Go writes the structures of the specification and of Docker.
 * A name stands for itself at whatever level it occurs; other keys follow, sorted.
 */
const ORDER: readonly string[] = [
  // manifest, index, descriptor
  'schemaVersion',
  'mediaType',
  'artifactType',
  'digest',
  'size',
  'urls',
  'data',
  'platform',
  'layers',
  'manifests',
  'subject',
  // config
  'architecture',
  'variant',
  'config',
  'created',
  'created_by',
  'author',
  'comment',
  'empty_layer',
  'history',
  'os',
  'os.version',
  'os.features',
  'rootfs',
  'type',
  'diff_ids',
  // container config
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Healthcheck',
  'ArgsEscaped',
  'Volumes',
  'WorkingDir',
  'OnBuild',
  'Labels',
  'StopSignal',
  'Shell',
  'Test',
  'Interval',
  'Timeout',
  'StartPeriod',
  'StartInterval',
  'Retries',
  'annotations',
];
const RANK: ReadonlyMap<string, number> = new Map(ORDER.map((key, at) => [key, at]));

/** Objects whose keys are data, not fields: these are sorted and nothing else. */
const MAPS: ReadonlySet<string> = new Set(['annotations', 'Labels', 'ExposedPorts', 'Volumes']);

/** The bytes of an image config. The same value gives the same bytes, whatever the order of its keys. */
export function encodeConfig(config: ImageConfig): Buffer {
  return Buffer.from(encode(config, false));
}

/** The bytes of a manifest or an index. The same value gives the same bytes. */
export function encodeManifest(manifest: Manifest | Index): Buffer {
  return Buffer.from(encode(manifest, false));
}

function encode(value: unknown, isMap: boolean): string {
  if (Array.isArray(value)) return `[${value.map((one) => encode(one, false)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (isMap ? byText(a, b) : byRank(a, b)))
    .map(([key, member]) => `${JSON.stringify(key)}:${encode(member, MAPS.has(key))}`);
  return `{${members.join(',')}}`;
}

function byRank(a: string, b: string): number {
  const [first, second] = [RANK.get(a) ?? ORDER.length, RANK.get(b) ?? ORDER.length];
  return first - second || byText(a, b);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
