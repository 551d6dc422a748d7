import { resolve } from 'node:path';
import { csvFields } from '../../base/csv.ts';
import { UsageError } from '../../base/errors.ts';
import { closest } from '../../base/suggest.ts';
import type {
  CacheExport,
  CacheImport,
  CachePlace,
  CacheRequest,
} from '../../engine/cache-types.ts';
import type { Host } from '../command.ts';
import { parseBytes } from '../units.ts';
import { isDigest } from '../../oci/digest.ts';

const PLACE_KEYS: Readonly<Record<string, readonly string[]>> = {
  local: ['src', 'dest', 'tag', 'digest', 'reset'],
  registry: ['ref'],
  s3: [
    'region',
    'bucket',
    'name',
    'prefix',
    'blobs_prefix',
    'manifests_prefix',
    'endpoint_url',
    'use_path_style',
    'access_key_id',
    'secret_access_key',
    'session_token',
  ],
  inline: [],
};
const EXPORT_KEYS = [
  'mode',
  'image-manifest',
  'oci-mediatypes',
  'compression',
  'compression-level',
  'force-compression',
  'ignore-error',
  'mounts',
  'mounts-max',
];
const LATER: Readonly<Record<string, string>> = {
  gha: 'the cache service of GitHub Actions',
  azblob: 'Azure Blob Storage',
};

type Flag = '--cache-from' | '--cache-to';
type Around = Pick<Host, 'cwd' | 'env'>;

/**
 * What `--cache-from` and `--cache-to` mean, each `type=…,key=value,…` or a bare image
 * reference. Paths are made absolute from `cwd`; credentials for buckets may be in `env`. Throws
 * UsageError.
 */
export function cacheRequest(
  from: readonly string[],
  to: readonly string[],
  { cwd, env }: Pick<Host, 'cwd' | 'env'>,
): CacheRequest {
  const targets = to.map((text) => ({ text, values: valuesOf('--cache-to', text) }));
  const outside = targets.filter(({ values }) => values.get('type') !== 'inline');
  return {
    from: from.map((text) => cacheImport(text, { cwd, env })),
    to: outside.map(({ text, values }) => cacheExport(text, values, { cwd, env })),
    inline: outside.length < targets.length,
  };
}

function cacheImport(text: string, host: Around): CacheImport {
  const values = valuesOf('--cache-from', text);
  return { place: placeOf('--cache-from', text, values, host) };
}

function cacheExport(text: string, values: ReadonlyMap<string, string>, host: Around): CacheExport {
  const place = placeOf('--cache-to', text, values, host);
  const compression = values.get('compression') ?? 'gzip';
  if (compression !== 'uncompressed' && compression !== 'gzip' && compression !== 'zstd') {
    throw invalid('--cache-to', text, `unsupported compression ${JSON.stringify(compression)}`);
  }
  const level = levelOf(text, values.get('compression-level'), compression);
  const isOci = switchOf(text, values, 'oci-mediatypes', true);
  const imageManifest = switchOf(text, values, 'image-manifest', isOci);
  if (imageManifest && !isOci) {
    throw invalid('--cache-to', text, 'image-manifest=true needs oci-mediatypes=true');
  }
  return {
    place,
    mode: modeOf(text, values.get('mode') ?? 'min'),
    compression,
    ...(level !== undefined && { level }),
    force: switchOf(text, values, 'force-compression', false),
    family: isOci ? 'oci' : 'docker',
    imageManifest,
    ignoreError: switchOf(text, values, 'ignore-error', false),
    ...mountsOf(text, values),
  };
}

/** `mounts=all`, or ids; several of them as one quoted field: `"mounts=npm,go"`. */
function mountsOf(text: string, values: ReadonlyMap<string, string>): Pick<CacheExport, 'mounts'> {
  const ids = values.get('mounts');
  const most = values.get('mounts-max');
  if (ids === undefined || ids === '') {
    if (most === undefined) return {};
    throw invalid('--cache-to', text, 'mounts-max limits mounts=, which is not there');
  }
  return {
    mounts: {
      ...(ids !== 'all' && { ids: ids.split(',') }),
      ...(most !== undefined && { most: bytesOf(text, most) }),
    },
  };
}

function bytesOf(text: string, size: string): number {
  try {
    return parseBytes(size);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid('--cache-to', text, `mounts-max: ${error.message}`);
  }
}

/** The values of one flag by lower-case key, `type` always among them. */
function valuesOf(flag: Flag, text: string): ReadonlyMap<string, string> {
  const fields = fieldsOf(flag, text);
  if (fields.length === 1 && !text.includes('=')) {
    return new Map([
      ['type', 'registry'],
      ['ref', text],
    ]);
  }
  const values = new Map<string, string>();
  for (const field of fields) {
    const at = field.indexOf('=');
    if (at < 0) throw invalid(flag, text, `invalid value ${field}`);
    values.set(field.slice(0, at).trim().toLowerCase(), field.slice(at + 1));
  }
  const type = values.get('type');
  if (type === undefined) throw invalid(flag, text, 'it says no type');
  const later = LATER[type];
  if (Object.hasOwn(LATER, type) && later !== undefined) {
    throw invalid(
      flag,
      text,
      `caches in ${later} (type=${type}) are not available in this version`,
    );
  }
  if (!Object.hasOwn(PLACE_KEYS, type)) {
    const near = closest(type, Object.keys(PLACE_KEYS));
    const hint = near === undefined ? {} : { hint: `Did you mean type=${near}?` };
    throw new UsageError(
      `unknown cache type ${JSON.stringify(type)} in ${flag} ${shown(text)}`,
      hint,
    );
  }
  const known = [
    'type',
    ...(PLACE_KEYS[type] ?? []),
    ...(flag === '--cache-to' ? EXPORT_KEYS : []),
  ];
  for (const key of values.keys()) {
    if (known.includes(key)) continue;
    const near = closest(key, known);
    throw new UsageError(`unknown option ${JSON.stringify(key)} in ${flag} ${shown(text)}`, {
      hint:
        near === undefined
          ? `A cache of type ${type} has: ${known.join(', ')}.`
          : `Did you mean ${near}=?`,
    });
  }
  return values;
}

function fieldsOf(flag: Flag, text: string): string[] {
  try {
    return csvFields(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid(flag, text, error.message);
  }
}

function placeOf(
  flag: Flag,
  text: string,
  values: ReadonlyMap<string, string>,
  { cwd, env }: Around,
): CachePlace {
  switch (values.get('type')) {
    case 'registry': {
      const reference = values.get('ref') ?? '';
      if (reference === '') throw invalid(flag, text, 'ref= names the image');
      return { type: 'registry', reference };
    }
    case 'local': {
      const key = flag === '--cache-from' ? 'src' : 'dest';
      const path = values.get(key) ?? '';
      if (path === '') throw invalid(flag, text, `${key}= names the directory`);
      const digest = values.get('digest');
      if (digest !== undefined && !isDigest(digest)) {
        throw invalid(flag, text, `${JSON.stringify(digest)} is not a digest`);
      }
      return {
        type: 'local',
        path: resolve(cwd, path),
        tag: values.get('tag') ?? 'latest',
        ...(digest !== undefined && { digest }),
        reset: switchOf(text, values, 'reset', false),
      };
    }
    case 's3':
      return bucketOf(flag, values, env);
    default:
      throw new UsageError(`${flag} ${text}: an inline cache is part of an image`, {
        hint: 'Name the image: type=registry,ref=IMAGE.',
      });
  }
}

/** What is not typed comes from the variables of Amazon's own tools. */
function bucketOf(flag: Flag, values: ReadonlyMap<string, string>, env: Around['env']): CachePlace {
  const of = (key: string, variable?: string): string | undefined =>
    (values.get(key) ?? (variable === undefined ? undefined : env[variable])) || undefined;
  const needed = (key: string, variable: string): string => {
    const value = of(key, variable);
    if (value !== undefined) return value;
    // The values hold secrets: they are not said again.
    throw new UsageError(`${flag} type=s3: ${key}= is missing, and so is ${variable}`);
  };
  const endpoint = of('endpoint_url', 'AWS_ENDPOINT_URL');
  if (endpoint !== undefined && !/^https?:\/\//.test(endpoint)) {
    throw new UsageError(`${flag} type=s3: endpoint_url is no http(s) URL: ${endpoint}`);
  }
  const sessionToken = of('session_token', 'AWS_SESSION_TOKEN');
  return {
    type: 's3',
    bucket: needed('bucket', 'AWS_BUCKET'),
    region: needed('region', 'AWS_REGION'),
    name: of('name') ?? 'stave',
    prefix: of('prefix') ?? '',
    blobsPrefix: of('blobs_prefix') ?? 'blobs/',
    manifestsPrefix: of('manifests_prefix') ?? 'manifests/',
    ...(endpoint !== undefined && { endpoint }),
    pathStyle: /^(?:1|t|true)$/i.test(of('use_path_style') ?? ''),
    credentials: {
      accessKeyId: needed('access_key_id', 'AWS_ACCESS_KEY_ID'),
      secretAccessKey: needed('secret_access_key', 'AWS_SECRET_ACCESS_KEY'),
      ...(sessionToken !== undefined && { sessionToken }),
    },
  };
}

function modeOf(text: string, mode: string): 'min' | 'max' {
  if (mode === 'min' || mode === 'max') return mode;
  throw invalid('--cache-to', text, `mode is min or max, not ${JSON.stringify(mode)}`);
}

function switchOf(
  text: string,
  values: ReadonlyMap<string, string>,
  key: string,
  initial: boolean,
): boolean {
  const value = values.get(key);
  if (value === undefined) return initial;
  if (/^(?:1|t|true)$/i.test(value)) return true;
  if (/^(?:0|f|false)$/i.test(value)) return false;
  throw invalid('--cache-to', text, `${key} is true or false, not ${JSON.stringify(value)}`);
}

function levelOf(
  text: string,
  level: string | undefined,
  compression: CacheExport['compression'],
): number | undefined {
  if (level === undefined) return undefined;
  const most = compression === 'zstd' ? 22 : 9;
  if (!/^\d{1,2}$/.test(level) || Number(level) > most) {
    throw invalid('--cache-to', text, `compression-level is a number up to ${most}`);
  }
  return Number(level);
}

/** What was typed, without what must not be shown. */
function shown(text: string): string {
  return text.replace(/((?:access_key_id|secret_access_key|session_token)=)[^,]*/gi, '$1***');
}

function invalid(flag: Flag, text: string, why: string): UsageError {
  return new UsageError(`invalid argument ${JSON.stringify(shown(text))} for ${flag}: ${why}`);
}
