import { posix } from 'node:path';
import { isMap, mapAt, pairs, scalar, texts, type Yaml, type YamlMap } from './compose-model.ts';
import {
  parseEntries,
  parseSecret,
  parseSsh,
  type EntryKind,
  type Entry,
  type SecretEntry,
  type SshEntry,
} from './entries.ts';
import { BakeError, ValueError } from './errors.ts';
import { normalizeFields, type Fields, type Target } from './target.ts';

/** What services refer to. */
interface Surroundings {
  readonly secrets: YamlMap;
  readonly lookup: (name: string) => string | undefined;
}

/** The target that a service is; undefined when it builds nothing. Throws BakeError. */
export function composeTarget(
  service: string,
  content: YamlMap,
  around: Surroundings,
): Target | undefined {
  const typed = content['build'];
  if (typed === undefined || typed === null) return undefined;
  const build: YamlMap = isMap(typed) ? typed : { context: typed };
  const name = service.replaceAll('.', '_');
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) {
    throw new BakeError(
      `invalid service name ${JSON.stringify(name)}: only "[a-zA-Z0-9_-]+" are allowed`,
    );
  }
  try {
    const fields = withExtension(fieldsOf(content, build, around), mapAt(build, 'x-bake'));
    return { name, fields: normalizeFields(withImage(fields, content)) };
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new BakeError(`service ${service}: ${error.message}`);
  }
}

function fieldsOf(content: YamlMap, build: YamlMap, around: Surroundings): Fields {
  const text = (key: string): string | undefined => scalar(build[key]) || undefined;
  const found: Record<string, unknown> = {
    context: pathOf(text('context')),
    contexts: contextsOf(pairs(build['additional_contexts'])),
    dockerfile: text('dockerfile'),
    'dockerfile-inline': text('dockerfile_inline'),
    target: text('target'),
    network: text('network'),
    'shm-size': sizeOf(build['shm_size']),
    tags: texts(build['tags']),
    platforms: texts(build['platforms']),
    args: argsOf(content, build, around),
    labels: filled(pairs(build['labels']), ''),
    'extra-hosts': pairs(build['extra_hosts'], /[=:]/),
    'cache-from': entries('cache', build['cache_from']),
    'cache-to': entries('cache', build['cache_to']),
    ssh: sshOf(build['ssh']),
    secret: secretsOf(build['secrets'], around.secrets),
    ulimits: ulimitsOf(build['ulimits']),
    attest: [
      ...attestation('sbom', build['sbom']),
      ...attestation('provenance', build['provenance']),
    ],
    'no-cache': truth(build['no_cache']) || undefined,
    pull: truth(build['pull']) || undefined,
    entitlements: texts(build['entitlements']),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

function withImage(fields: Fields, content: YamlMap): Fields {
  const image = scalar(content['image']);
  return image !== undefined && (fields.tags ?? []).length === 0
    ? { ...fields, tags: [image] }
    : fields;
}

/** What `x-bake` adds: lists are joined, the rest is replaced. */
function withExtension(fields: Fields, extension: YamlMap): Fields {
  const list = (key: string): string[] => {
    const value = extension[key];
    return typeof value === 'string'
      ? value.split(/\s+/).filter((one) => one !== '')
      : texts(value);
  };
  const contexts = contextsOf(pairs(extension['contexts'])) ?? new Map<string, string>();
  return {
    ...fields,
    tags: [...(fields.tags ?? []), ...list('tags')],
    platforms: [...(fields.platforms ?? []), ...list('platforms')],
    'no-cache-filter': list('no-cache-filter'),
    'cache-from': [
      ...(fields['cache-from'] ?? []),
      ...list('cache-from').flatMap((one) => parseEntries('cache', one)),
    ],
    'cache-to': [
      ...(fields['cache-to'] ?? []),
      ...list('cache-to').flatMap((one) => parseEntries('cache', one)),
    ],
    secret: [...(fields.secret ?? []), ...list('secret').map(parseSecret)],
    ssh: sortedSsh([...(fields.ssh ?? []), ...list('ssh').map(parseSsh)]),
    output: list('output').flatMap((one) => parseEntries('output', one)),
    contexts: new Map([...contexts, ...(fields.contexts ?? [])]),
    ...truthOrNothing('pull', extension['pull']),
    ...truthOrNothing('no-cache', extension['no-cache']),
  };
}

function truthOrNothing(key: 'pull' | 'no-cache', value: Yaml | undefined): Fields {
  return value === undefined || value === null ? {} : { [key]: truth(value) };
}

function truth(value: Yaml | undefined): boolean {
  const text = scalar(value) ?? 'false';
  if (/^(?:true|1|yes|on)$/i.test(text)) return true;
  if (/^(?:false|0|no|off)$/i.test(text)) return false;
  throw new ValueError(`${JSON.stringify(text)} is not true or false`);
}

/** A service of another name is a target. */
function contextsOf(
  found: ReadonlyMap<string, string | null>,
): ReadonlyMap<string, string> | undefined {
  if (found.size === 0) return undefined;
  return new Map(
    [...found].map(([key, place]) => {
      const [, other] = /^(?:service|target):(.*)$/.exec(place ?? '') ?? [];
      return [
        key,
        other === undefined ? (pathOf(place ?? '') ?? '') : `target:${other.replaceAll('.', '_')}`,
      ];
    }),
  );
}

/** Arguments without a value take that of the service's environment, then of ours; else they are left out. */
function argsOf(
  content: YamlMap,
  build: YamlMap,
  { lookup }: Surroundings,
): ReadonlyMap<string, string> {
  const environment = pairs(content['environment']);
  return new Map(
    [...pairs(build['args'])].flatMap(([key, value]): [string, string][] => {
      const found = value ?? environment.get(key) ?? lookup(key);
      return found === undefined ? [] : [[key, found]];
    }),
  );
}

/** The shortest way to write a path; other places stay as they are. */
function pathOf(place: string | undefined): string | undefined {
  if (
    place === undefined ||
    place === '' ||
    /^[a-z][a-z0-9+.-]*:|^git@|^github\.com\//i.test(place)
  )
    return place;
  return posix.normalize(place).replace(/(?<=.)\/$/, '');
}

function filled(
  found: ReadonlyMap<string, string | null>,
  empty: string,
): ReadonlyMap<string, string> {
  return new Map([...found].map(([key, value]) => [key, value ?? empty]));
}

function entries(kind: EntryKind, value: Yaml | undefined): Entry[] {
  return texts(value).flatMap((one) => parseEntries(kind, one));
}

function attestation(type: string, value: Yaml | undefined): Entry[] {
  const text = scalar(value);
  if (text === undefined || text === '') return [];
  if (/^(?:true|1)$/i.test(text)) return parseEntries('attest', `type=${type}`);
  if (/^(?:false|0)$/i.test(text)) return parseEntries('attest', `type=${type},disabled=true`);
  return parseEntries('attest', `type=${type},${text}`);
}

function sshOf(value: Yaml | undefined): SshEntry[] {
  return sortedSsh(
    [...pairs(value)].map(([id, path]) => ({
      id,
      paths: path === null || path === '' ? [] : [path],
    })),
  );
}

function sortedSsh(keys: readonly SshEntry[]): SshEntry[] {
  return keys.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** The secrets of a service, from where the file as a whole says that they are. */
function secretsOf(value: Yaml | undefined, secrets: YamlMap): SecretEntry[] {
  const named: readonly Yaml[] = Array.isArray(value) ? (value as readonly Yaml[]) : [];
  return named.flatMap((one) => {
    const id = isMap(one) ? scalar(one['source']) : scalar(one);
    if (id === undefined) return [];
    const secret = secrets[id];
    if (secret === undefined) throw new ValueError(`undefined secret ${id}`);
    const place = isMap(secret) ? secret : {};
    if (truth(place['external'])) throw new ValueError(`unsupported external secret ${id}`);
    const [src, env] = [pathOf(scalar(place['file'])), scalar(place['environment'])];
    return [{ id, ...(src !== undefined && { src }), ...(env !== undefined && { env }) }];
  });
}

function ulimitsOf(value: Yaml | undefined): string[] {
  if (!isMap(value)) return [];
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, one]) => {
      const [soft, hard] = isMap(one)
        ? [scalar(one['soft']), scalar(one['hard'])]
        : [scalar(one), scalar(one)];
      if (soft === undefined || hard === undefined)
        throw new ValueError(`ulimit ${name} has no limits`);
      return `${name}=${soft}:${hard}`;
    });
}

const UNITS = ['b', 'k', 'm', 'g', 't'];

/** Bytes as a whole number of the largest unit that fits, as buildx prints them. */
function sizeOf(value: Yaml | undefined): string | undefined {
  const text = scalar(value);
  if (text === undefined || text === '') return undefined;
  const [, digits = '', unit = 'b'] = /^(\d+(?:\.\d+)?)\s*([bkmgt])?(?:i?b)?$/i.exec(text) ?? [];
  if (digits === '') throw new ValueError(`invalid size: ${JSON.stringify(text)}`);
  const bytes = Number(digits) * 1024 ** UNITS.indexOf(unit.toLowerCase());
  let [size, power] = [bytes, 0];
  for (; size >= 1024 && power < 4; power += 1) size /= 1024;
  return `${Number(size.toPrecision(4))}${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power] ?? 'B'}`;
}
