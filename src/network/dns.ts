import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../base/errors.ts';
import { namesIn } from '../sys/names-in.ts';
import { startService } from '../sys/start-service.ts';
import { NetworkSetupError } from './errors.ts';
import type { LiveNetwork } from './rules.ts';

const PLACES = [
  '/usr/lib/podman/aardvark-dns',
  '/usr/libexec/podman/aardvark-dns',
  '/usr/bin/aardvark-dns',
  '/usr/libexec/aardvark-dns',
];
const PID_FILE = 'aardvark.pid';
const START_LIMIT = 5000;
/** Nobody can send there: what an internal network does not know stays without an answer. */
const NOWHERE = '255.255.255.255';

/** Where aardvark-dns is; undefined where it is not installed. */
export function nameServerPath(): string | undefined {
  return PLACES.find((path) => existsSync(path));
}

/** Whether names are resolved on a network: on those that users make. */
export function hasNames({ network }: Pick<LiveNetwork, 'network'>): boolean {
  return network.name !== 'bridge';
}

/**
 * Makes the names of all live networks known, and those of no other: by a server of this store
 * at their gateways, which runs while there is one. Throws NetworkSetupError.
 */
export async function serveNames(stateDir: string, live: readonly LiveNetwork[]): Promise<void> {
  const directory = join(stateDir, 'dns');
  const wanted = new Map(
    live
      .filter((one) => hasNames(one) && one.endpoints.length > 0)
      .map((one) => [one.network.id, zone(one)]),
  );
  if (wanted.size === 0) {
    if (existsSync(directory)) stopServer(directory);
    return;
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const changed = writeZones(stateDir, directory, wanted);
  const pid = serverOf(directory);
  if (pid === undefined) await startServer(directory);
  else if (changed) process.kill(pid, 'SIGHUP');
}

/** @see https://github.com/containers/aardvark-dns/blob/main/config.md */
function zone({ network, endpoints }: LiveNetwork): string {
  const lines = endpoints.map((endpoint) => {
    const { containerId, ip, ip6 = '', dnsNames, upstreams = [] } = endpoint;
    const servers = network.internal ? [NOWHERE] : upstreams;
    const names = [...new Set(dnsNames.map((name) => name.toLowerCase()))].join(',');
    return `${containerId} ${ip} ${ip6} ${names}${servers.length > 0 ? ` ${servers.join(',')}` : ''}\n`;
  });
  return `${network.subnets.map(({ gateway }) => gateway).join(',')}\n${lines.join('')}`;
}

function writeZones(
  stateDir: string,
  directory: string,
  wanted: ReadonlyMap<string, string>,
): boolean {
  let changed = false;
  for (const name of namesIn(directory)) {
    if (name === PID_FILE || wanted.has(name)) continue;
    unlinkSync(join(directory, name));
    changed = true;
  }
  for (const [name, text] of wanted) {
    const path = join(directory, name);
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    // The server reads whatever is in its directory, so not there until it is whole.
    const draft = join(stateDir, `dns-${name}`);
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, path);
    changed = true;
  }
  return changed;
}

async function startServer(directory: string): Promise<void> {
  const program = nameServerPath();
  if (program === undefined) {
    throw new NetworkSetupError(
      'aardvark-dns is not installed: containers could not find each other',
      {
        hint: "Install it (Debian: 'apt-get install aardvark-dns'), or use the network 'bridge'.",
      },
    );
  }
  rmSync(join(directory, PID_FILE), { force: true });
  const code = await startService(
    program,
    ['--config', directory, '--port', '53', 'run'],
    START_LIMIT,
  );
  if (code !== 0 || serverOf(directory) === undefined) {
    throw new NetworkSetupError('the name server of the network cannot be started', {
      hint: `${program} ended with ${code ?? 'a time-out'}; something else may use port 53 of all addresses.`,
    });
  }
}

/** The server that works from this directory, and no other process that got its number. */
function serverOf(directory: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(directory, PID_FILE), 'latin1').trim());
    if (!Number.isInteger(pid) || pid < 2) return undefined;
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.includes(directory) ? pid : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

function stopServer(directory: string): void {
  const pid = serverOf(directory);
  rmSync(directory, { recursive: true, force: true });
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}
