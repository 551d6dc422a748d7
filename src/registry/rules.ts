import { readFileSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { Fields, parseJson } from '../oci/json.ts';
import { type Reference, repositoryName } from '../oci/reference.ts';
import { RegistryConfigError } from './errors.ts';
import { endpointHost, hostName, HUB } from './host.ts';
import { homeOf, type RegistrySettings, variable } from './settings.ts';
import { type HostEntry, readHosts, urlOf, type Way } from './hosts-toml.ts';
import { parseToml, type TomlTable, type TomlValue } from './toml.ts';
import { namesIn } from '../sys/names-in.ts';

/** A place that a repository is read from, or written to. */
export interface Place {
  /** `host` or `host:port`. */
  readonly registry: string;
  /** Fixed where a URL says it. */
  readonly scheme?: 'http:' | 'https:';
  /** What requests begin with: `/v2/library/alpine/`. */
  readonly path: string;
  /** What it may be asked for. */
  readonly by: 'all' | 'digest' | 'tag';
  /** The registry that it stands for, where it wants to be told. */
  readonly ns?: string;
}

/** Where the names of images lead, by the files that Docker, containerd and Podman read. */
export interface RegistryRules {
  /** Hosts that may do without TLS or a valid certificate. */
  readonly insecure: readonly string[];
  /** How hosts are spoken to, by what was read for the routes that were asked for. */
  readonly ways: ReadonlyMap<string, Way>;
  /** Mirrors in the order in which they are asked, and the place itself. Throws RegistryConfigError for what is blocked. */
  route(reference: Reference): { readonly mirrors: readonly Place[]; readonly origin: Place };
}

const LIMIT = 1024 * 1024;

interface Entry {
  readonly prefix: string;
  readonly table: TomlTable;
}

/**
 * Reads `registries.conf` with its drop-ins, `daemon.json`, and, when a registry is asked for,
 * its `hosts.toml`. Throws RegistryConfigError.
 *
 * @see https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md
 * @see https://github.com/containerd/containerd/blob/main/docs/hosts.md
 */
export function readRules(settings: RegistrySettings): RegistryRules {
  const entries = registriesConf(settings);
  const daemon = daemonJson(settings);
  const insecure = entries.flatMap(({ prefix, table }) => [
    ...(table['insecure'] === true ? [hostOf(text(table['location']) || prefix)] : []),
    ...tables(table['mirror']).flatMap((mirror) =>
      mirror['insecure'] === true ? [hostOf(text(mirror['location']))] : [],
    ),
  ]);
  const all = [...insecure, ...daemon.insecure];
  const ways = new Map<string, Way>();
  return {
    insecure: all,
    ways,
    route(reference) {
      const name = repositoryName(reference);
      const entry = matching(entries, name);
      if (entry?.table['blocked'] === true) {
        throw new RegistryConfigError(`registry ${entry.prefix} is blocked in registries.conf`);
      }
      const own = entry && text(entry.table['location']);
      const hosts = hostsToml(reference, settings, all, ways);
      const origin = own
        ? placeOf(moved(name, entry.prefix, own), 'all')
        : (hosts?.origin ?? placeOf(name, 'all'));
      const mirrors = entry ? mirrorsOf(entry, name) : [];
      const isHub = reference.registry === HUB.name;
      return {
        origin,
        mirrors: [
          ...(hosts?.mirrors ?? []),
          ...mirrors,
          ...(isHub ? daemon.mirrors.map((url) => placeAt(url, reference, 'all')) : []),
        ],
      };
    },
  };
}

function registriesConf(settings: RegistrySettings): Entry[] {
  const system = `${settings.etc ?? '/etc'}/containers`;
  const config = variable(settings, 'XDG_CONFIG_HOME') ?? `${homeOf(settings)}/.config`;
  const own = `${config}/containers`;
  const named = variable(settings, 'CONTAINERS_REGISTRIES_CONF');
  const main = named ?? [`${own}/registries.conf`, `${system}/registries.conf`].find(exists);
  const files = [
    ...(main === undefined ? [] : [main]),
    ...[system, own].flatMap((folder) =>
      namesIn(`${folder}/registries.conf.d`, 'ENOTDIR', 'EACCES')
        .sort()
        .filter((file) => file.endsWith('.conf'))
        .map((file) => `${folder}/registries.conf.d/${file}`),
    ),
  ];
  const entries = new Map<string, Entry>();
  for (const file of files) {
    const content = contentOf(file);
    if (content === undefined) continue;
    for (const table of tables(parseToml(content, file)['registry'])) {
      const prefix = text(table['prefix']) || text(table['location']);
      if (prefix !== '') entries.set(prefix, { prefix, table });
    }
  }
  return [...entries.values()];
}

/** The entry with the longest prefix; `*.example.com` stands for every host below it. */
function matching(entries: readonly Entry[], name: string): Entry | undefined {
  const fits = ({ prefix }: Entry): boolean =>
    prefix.startsWith('*.')
      ? hostName(hostOf(name)).endsWith(prefix.slice(1))
      : name === prefix || name.startsWith(`${prefix}/`);
  return entries.filter(fits).sort((a, b) => b.prefix.length - a.prefix.length)[0];
}

function mirrorsOf({ prefix, table }: Entry, name: string): Place[] {
  return tables(table['mirror']).flatMap((mirror) => {
    const location = text(mirror['location']);
    if (location === '') return [];
    const digestOnly = table['mirror-by-digest-only'] === true;
    const from = text(mirror['pull-from-mirror']);
    const by =
      digestOnly || from === 'digest-only' ? 'digest' : from === 'tag-only' ? 'tag' : 'all';
    return [placeOf(moved(name, prefix, location), by)];
  });
}

/** `docker.io/library/x` with the prefix `docker.io` moved to `mirror/hub`: `mirror/hub/library/x`. */
function moved(name: string, prefix: string, location: string): string {
  if (!prefix.startsWith('*.')) return `${location}${name.slice(prefix.length)}`;
  const host = hostOf(name);
  // Of a host only the name was meant: its port stays, where it has a place.
  const port = location.includes('/') ? '' : (/:\d+$/.exec(host)?.[0] ?? '');
  return `${location}${port}${name.slice(host.length)}`;
}

function placeOf(name: string, by: Place['by']): Place {
  const registry = hostOf(name);
  return { registry, path: `/v2/${name.slice(registry.length + 1)}/`, by };
}

/** A mirror that is named by a URL. */
function placeAt(url: URL, { registry, repository }: Reference, by: Place['by']): Place {
  const scheme = url.protocol === 'http:' ? 'http:' : 'https:';
  const prefix = url.pathname.replace(/\/+$/, '');
  return {
    registry: url.host,
    scheme,
    path: `${prefix}/v2/${repository}/`,
    by,
    ns: registry,
  };
}

function daemonJson({ etc = '/etc' }: RegistrySettings): { insecure: string[]; mirrors: URL[] } {
  const file = `${etc}/docker/daemon.json`;
  const content = contentOf(file);
  if (content === undefined || content.trim() === '') return { insecure: [], mirrors: [] };
  const fields = new Fields(parseJson(Buffer.from(content), LIMIT, file), file);
  const urls = fields.optionalTexts('registry-mirrors', 100) ?? [];
  return {
    insecure: [...(fields.optionalTexts('insecure-registries', 1000) ?? [])],
    mirrors: urls.map((url) => urlOf(url, file)),
  };
}

/** What containerd is told of one registry: other hosts to read it from. */
function hostsToml(
  { registry, repository }: Reference,
  { etc = '/etc' }: RegistrySettings,
  insecure: string[],
  ways: Map<string, Way>,
): { readonly origin?: Place; readonly mirrors: readonly Place[] } | undefined {
  const folder = `${etc}/containerd/certs.d`;
  const names = [registry, registry.replace(/:(\d+)$/, '_$1_'), '_default'];
  const file = names.map((name) => `${folder}/${name}/hosts.toml`).find(exists);
  if (file === undefined) return undefined;
  const { server, hosts } = readHosts(file, endpointHost(registry));
  for (const { url, way, isInsecure } of [server, ...hosts]) {
    if (way) ways.set(url.host, way);
    // Whoever writes it knows that there is no TLS.
    if (url === server.url && url.protocol === 'http:') insecure.push(url.host);
    if (isInsecure) insecure.push(url.host);
  }
  const placed = ({ url, isWhole, capabilities }: HostEntry): Place => {
    const by = capabilities.includes('resolve') ? 'all' : 'digest';
    const place = placeAt(url, { registry, repository }, by);
    if (!isWhole) return place;
    return { ...place, path: `${url.pathname.replace(/\/+$/, '')}/${repository}/` };
  };
  const isOwn = (url: URL): boolean => url.host === endpointHost(registry);
  return {
    // The registry itself may be said to be elsewhere; mirrors are told whom they stand for.
    ...(!isOwn(server.url) && { origin: placed(server) }),
    mirrors: hosts
      .filter(({ url, capabilities }) => capabilities.includes('pull') && !isOwn(url))
      .map(placed),
  };
}

function hostOf(name: string): string {
  return name.split('/')[0] ?? '';
}

function text(value: TomlValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function isTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value);
}

function tables(value: TomlValue | undefined): TomlTable[] {
  return Array.isArray(value) ? value.filter((one: TomlValue) => isTable(one)) : [];
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined;
    throw error;
  }
}

function exists(file: string): boolean {
  return contentOf(file) !== undefined;
}
