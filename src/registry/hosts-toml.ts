import { readFileSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import type { TlsSettings } from '../net/request.ts';
import { RegistryConfigError } from './errors.ts';
import { parseToml, type TomlTable, type TomlValue } from './toml.ts';

/** How one host is spoken to, by a `hosts.toml`. */
export interface Way {
  readonly tls: TlsSettings;
  /** Shown to this host and to no other; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds that connecting may take. */
  readonly connect?: number;
}

/** One `[host."URL"]` of a `hosts.toml`. */
export interface HostEntry {
  readonly url: URL;
  readonly capabilities: readonly TomlValue[];
  readonly isInsecure: boolean;
  /** The URL is all of the way; no `/v2` is put between it and the repository. */
  readonly isWhole: boolean;
  readonly way: Way | undefined;
}

/** What containerd is told of a registry. */
export interface Hosts {
  /** The registry itself, where it is said to be elsewhere or spoken to in its own way. */
  readonly server: HostEntry;
  readonly hosts: readonly HostEntry[];
}

/**
 * Reads a `hosts.toml`. `registry` is the host that it is about. Throws RegistryConfigError.
 *
 * @see https://github.com/containerd/containerd/blob/main/docs/hosts.md
 */
export function readHosts(file: string, registry: string): Hosts {
  const root = parseToml(contentOf(file), file);
  const hosts = root['host'];
  const server = typeof root['server'] === 'string' ? root['server'] : `https://${registry}`;
  return {
    server: entryOf(server, root, file),
    hosts: isTable(hosts)
      ? Object.entries(hosts).flatMap(([key, host]) =>
          isTable(host) ? [entryOf(key, host, file)] : [],
        )
      : [],
  };
}

function entryOf(key: string, table: TomlTable, file: string): HostEntry {
  const { capabilities } = table;
  return {
    url: urlOf(key.includes('://') ? key : `https://${key}`, file),
    capabilities: Array.isArray(capabilities) ? capabilities : ['pull', 'resolve', 'push'],
    isInsecure: table['skip_verify'] === true,
    isWhole: table['override_path'] === true,
    way: wayOf(table, file),
  };
}

function wayOf(table: TomlTable, file: string): Way | undefined {
  const ca = textsOf(table['ca']).map((path) => contentOf(inFolder(path, file)));
  // A file with both, or a file of each; only one of ours can be shown.
  const { client } = table;
  const first = Array.isArray(client) && Array.isArray(client[0]) ? client[0] : client;
  const [cert, key = cert] = textsOf(first).map((path) => contentOf(inFolder(path, file)));
  const own = cert === undefined || key === undefined ? {} : { cert, key };
  const headers = isTable(table['header'])
    ? Object.fromEntries(
        Object.entries(table['header']).map(([name, value]) => [
          name.toLowerCase(),
          textsOf(value).join(', '),
        ]),
      )
    : {};
  const connect = millisecondsOf(table['dial_timeout'], file);
  const isPlain = ca.length === 0 && cert === undefined && Object.keys(headers).length === 0;
  if (isPlain && connect === undefined) return undefined;
  return {
    tls: { ...(ca.length > 0 && { ca }), ...own },
    headers,
    ...(connect !== undefined && { connect }),
  };
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** A time in Go's words: `5s`, `1m30s`. Undefined where there is none, or one without end. */
function millisecondsOf(value: TomlValue | undefined, file: string): number | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === 'string' ? value : '';
  if (!/^(?:0|(?:\d+(?:\.\d+)?(?:ms|s|m|h))+)$/.test(text)) {
    throw new RegistryConfigError(`${file}: dial_timeout = ${JSON.stringify(value)} is no time`, {
      hint: 'Times are written so: dial_timeout = "5s"',
    });
  }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const time = parts.reduce((sum, [, n, unit]) => sum + Number(n) * UNITS.get(unit ?? '')!, 0);
  return time === 0 ? undefined : Math.min(Math.ceil(time), 2 ** 31 - 1);
}

/** Files are named from where the `hosts.toml` is. */
function inFolder(path: string, file: string): string {
  return path.startsWith('/') ? path : `${file.slice(0, file.lastIndexOf('/'))}/${path}`;
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR')) throw error;
    throw new RegistryConfigError(`cannot read ${path}`, { cause: error });
  }
}

/** A URL of a registry in a file of settings. Throws RegistryConfigError. */
export function urlOf(value: string, place: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new RegistryConfigError(`${place}: ${JSON.stringify(value)} is no URL of a registry`);
}

function textsOf(value: TomlValue | undefined): string[] {
  const all = Array.isArray(value) ? value : [value];
  return all.filter((one): one is string => typeof one === 'string');
}

function isTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value);
}
