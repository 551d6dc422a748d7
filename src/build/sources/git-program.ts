import type { ProxySettings } from '../../net/proxy.ts';
import { runHelper, type HelperEnd } from '../../sys/run-helper.ts';
import { FetchError } from './errors.ts';

/** What a repository is asked with. */
export interface GitAccess {
  readonly proxy: ProxySettings;
  /** Socket of an ssh agent. */
  readonly sshAgent: string | undefined;
  /** `Authorization` headers by the origin (`https://host/`) that may see them. */
  readonly authorization: ReadonlyMap<string, string>;
  readonly signal: AbortSignal | undefined;
}

/** Where one call of git works. */
export interface GitPlace {
  readonly gitDir: string;
  readonly workTree?: string;
  readonly index?: string;
}

/** Settings that nobody's configuration can change: nothing is run, nothing is asked for. */
const SETTINGS: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.symlinks', 'true'],
  ['core.fileMode', 'true'],
  ['core.autocrlf', 'false'],
  ['core.protectHFS', 'true'],
  ['core.protectNTFS', 'true'],
  ['credential.helper', ''],
  ['fetch.recurseSubmodules', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['advice.detachedHead', 'false'],
  ['http.lowSpeedLimit', '1'],
  ['http.lowSpeedTime', '30'],
  ['safe.directory', '*'],
];

/**
 * Runs the host's git with an environment and settings of our own: no hooks, no configuration
 * of the system or the user, no questions, no protocols but those of networks. Secrets are in
 * its environment, which only its own user can read, never among its arguments.
 */
export async function git(
  args: readonly string[],
  place: GitPlace,
  access: GitAccess,
  options: { readonly local?: boolean } = {},
): Promise<HelperEnd> {
  const { proxy, sshAgent } = access;
  const settings = [
    ...SETTINGS,
    ...[...access.authorization].map(
      ([origin, header]) => [`http.${origin}.extraHeader`, `Authorization: ${header}`] as const,
    ),
  ];
  const env: Record<string, string> = {
    PATH: '/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_DIR: place.gitDir,
    ...(place.workTree !== undefined && { GIT_WORK_TREE: place.workTree }),
    ...(place.index !== undefined && { GIT_INDEX_FILE: place.index }),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: options.local === true ? 'file' : 'http:https:git:ssh',
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=15',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([name, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, name],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
    ...(sshAgent !== undefined && { SSH_AUTH_SOCK: sshAgent }),
    ...(proxy.http && { http_proxy: proxy.http }),
    ...(proxy.https && { https_proxy: proxy.https }),
    ...(proxy.no && { no_proxy: proxy.no }),
  };
  return await runHelper('git', args, {
    env,
    cwd: place.workTree ?? '/',
    signal: access.signal,
  });
}

/** What git said, on one line; the beginning of FetchError's message is `what`. */
export function gitError(what: string, end: HelperEnd, hint?: string): FetchError {
  const lines = end.stderr.split('\n').map((line) => line.trim());
  const said =
    lines.find((line) => /^(?:Host key|.*Permission denied|ssh: )/.test(line)) ??
    lines.find((line) => /^(?:fatal|error|remote: error|ssh):/i.test(line)) ??
    lines.find((line) => line !== '') ??
    'git gave no reason';
  const clean = said
    .replace(/^(?:fatal|error): /i, '')
    .replace(/^unable to access '[^']*': /, '')
    .replace(/\/\/[^/@\s']*@/g, '//')
    .slice(0, 300);
  return new FetchError(`${what}: ${clean}`, { hint });
}
