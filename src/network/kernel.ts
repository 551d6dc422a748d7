import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../base/errors.ts';
import { bootId } from '../sys/boot.ts';
import { HelperMissingError } from '../sys/errors.ts';
import type { Lock } from '../sys/lock.ts';
import { unmount } from '../sys/mount.ts';
import { runHelper } from '../sys/run-helper.ts';
import { leaveBehind } from '../sys/start-service.ts';
import { NetworkSetupError } from './errors.ts';
import { bridgeName, bridgePrefix, vethName, vethPrefix } from './interfaces.ts';
import type { Batch } from './links.ts';
import { noRules, ruleset, type LiveNetwork } from './rules.ts';

/**
 * Runs in a new network namespace: the settings that Docker's containers have (any port, ping
 * for everybody), then the batch.
 */
const IN_NEW_NAMESPACE =
  'echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start; echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range; exec ip -batch -';
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

/** The file at which the namespace of a container is mounted. */
export function netnsPath(stateDir: string, containerId: string): string {
  return join(stateDir, 'netns', containerId);
}

/** Makes a namespace at its file, and its interfaces in it. Throws NetworkSetupError. */
export async function makeNetns(
  stateDir: string,
  containerId: string,
  batch: Batch,
): Promise<string> {
  const path = netnsPath(stateDir, containerId);
  mkdirSync(join(stateDir, 'netns'), { recursive: true, mode: 0o700 });
  writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  await program(
    'unshare',
    [`--net=${path}`, '/bin/sh', '-c', IN_NEW_NAMESPACE],
    text(['link set dev lo up', ...batch]),
  );
  return path;
}

/** Lets the namespace of a container go; nothing happens where there is none. */
export function removeNetns(stateDir: string, containerId: string): void {
  const path = netnsPath(stateDir, containerId);
  if (!existsSync(path)) return;
  // Somebody may have come here twice.
  unmount(path);
  try {
    unlinkSync(path);
  } catch (error) {
    if (isErrno(error, 'EBUSY')) unmount(path);
    rmSync(path, { force: true });
  }
}

/** Containers whose namespaces are mounted. */
export function netnsOwners(stateDir: string): string[] {
  return names(join(stateDir, 'netns'));
}

/** Changes interfaces in the namespace of a process. Throws NetworkSetupError. */
export async function linksOf(pid: number, batch: Batch): Promise<void> {
  if (batch.length === 0) return;
  await program('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', '-batch', '-'], text(batch));
}

/** Changes interfaces of the machine. Throws NetworkSetupError. */
export async function links(batch: Batch): Promise<void> {
  if (batch.length > 0) await program('ip', ['-batch', '-'], text(batch));
}

/** Whether an interface is there. */
export function hasLink(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`);
}

/**
 * Takes away interfaces of a store that no live network and no endpoint has. The kernel takes
 * its time for it (50 ms for a bridge): with `lock` nobody waits for that but those who want
 * to change networks, too.
 */
export async function tidyLinks(
  { storeId, stateDir }: { readonly storeId: string; readonly stateDir: string },
  live: readonly LiveNetwork[],
  lock?: Lock,
): Promise<void> {
  const used = new Set(
    live.flatMap(({ network, endpoints }) => [
      bridgeName(storeId, network.id),
      ...endpoints.map(({ endpointId }) => vethName(storeId, endpointId)),
    ]),
  );
  const litter = storeLinks(storeId).filter((name) => !used.has(name));
  if (litter.length === 0) return;
  const input = text(litter.map((name) => `link del dev ${name}`));
  // Those that end with their namespace may be gone before we come to them, hence -force.
  if (lock) {
    const batch = join(stateDir, 'network.batch');
    writeFileSync(batch, input, { mode: 0o600 });
    leaveBehind('ip', ['-force', '-batch', batch], lock.fd);
  } else await runHelper('ip', ['-force', '-batch', '-'], { env: ENVIRONMENT, cwd: '/', input });
}

/** All interfaces of a store. */
export function storeLinks(storeId: string): string[] {
  const [bridges, pairs] = [bridgePrefix(storeId), vethPrefix(storeId)];
  return names('/sys/class/net').filter(
    (name) => name.startsWith(bridges) || name.startsWith(pairs),
  );
}

/** Puts the rules in force that the live networks need. Throws NetworkSetupError. */
export async function applyRules(
  stateDir: string,
  storeId: string,
  live: readonly LiveNetwork[],
): Promise<void> {
  // What is in force is remembered, so that a container which needs no rule costs none.
  const memory = join(stateDir, 'network.rules');
  const rules = live.length === 0 ? noRules(storeId) : ruleset(storeId, live);
  const wanted = `# ${bootId()}\n${rules}`;
  const before = existsSync(memory) ? readFileSync(memory, 'utf8') : undefined;
  if (before === wanted || (before === undefined && live.length === 0)) return;
  rmSync(memory, { force: true });
  await program('nft', ['-f', '-'], rules);
  if (live.length > 0) writeFileSync(memory, wanted, { mode: 0o600 });
}

/** Lets packets pass between bridges and the world. Throws NetworkSetupError. */
export function allowForwarding(bridges: readonly string[], ipv6: boolean): void {
  set('net/ipv4/ip_forward', '1');
  for (const bridge of bridges) {
    // The way back of ports that are published at loopback addresses.
    set(`net/ipv4/conf/${bridge}/route_localnet`, '1');
  }
  if (!ipv6 || read('net/ipv6/conf/all/forwarding') === '1') return;
  // A machine that forwards believes no router any more, unless it is told to.
  for (const name of names('/proc/sys/net/ipv6/conf')) {
    if (read(`net/ipv6/conf/${name}/accept_ra`) === '1')
      set(`net/ipv6/conf/${name}/accept_ra`, '2');
  }
  set('net/ipv6/conf/all/forwarding', '1');
}

function set(name: string, value: string): void {
  if (read(name) === value) return;
  try {
    writeFileSync(`/proc/sys/${name}`, value);
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM', 'EROFS', 'ENOENT')) throw error;
    throw new NetworkSetupError(`cannot set ${name.replaceAll('/', '.')} to ${value}`, {
      hint: `Have it set on this machine ('sysctl ${name.replaceAll('/', '.')}=${value}'), or use --network host.`,
      cause: error,
    });
  }
}

function read(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name}`, 'latin1').trim();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return undefined;
    throw error;
  }
}

/**
 * DOCKER-USER is where Docker lets others say what may pass: its policy is that nothing may.
 * Nothing happens where there is no Docker.
 */
export async function passDocker(stateDir: string, storeId: string): Promise<void> {
  const said = await iptables(['-S', 'DOCKER-USER']);
  if (said === undefined) return;
  for (const rule of passes(storeId)) {
    if (!said.includes(`${rule.join(' ')}\n`)) await iptables(['-I', 'DOCKER-USER', ...rule]);
  }
  writeFileSync(join(stateDir, PASSED), '', { mode: 0o600 });
}

/** Takes back what {@link passDocker} did. */
export async function unpassDocker(stateDir: string, storeId: string): Promise<void> {
  if (!existsSync(join(stateDir, PASSED))) return;
  for (const rule of passes(storeId)) await iptables(['-D', 'DOCKER-USER', ...rule]);
  rmSync(join(stateDir, PASSED), { force: true });
}

const PASSED = 'network.docker';

function passes(storeId: string): string[][] {
  return ['-i', '-o'].map((way) => [way, `${bridgePrefix(storeId)}+`, '-j', 'ACCEPT']);
}

/** What it says; undefined when it cannot, or is not there. */
async function iptables(args: readonly string[]): Promise<string | undefined> {
  try {
    const end = await runHelper('iptables', ['-w', '5', ...args], { env: ENVIRONMENT, cwd: '/' });
    return end.code === 0 ? end.stdout.toString() : undefined;
  } catch (error) {
    if (error instanceof HelperMissingError) return undefined;
    throw error;
  }
}

async function program(name: string, args: readonly string[], input: string): Promise<void> {
  const end = await runHelper(name, args, { env: ENVIRONMENT, cwd: '/', input }).catch(
    (error: unknown) => {
      if (!(error instanceof HelperMissingError)) throw error;
      throw new NetworkSetupError(`networks of containers need the program '${name}'`, {
        hint: "Install iproute2 and nftables, or use '--network host' or '--network none'.",
        cause: error,
      });
    },
  );
  if (end.code === 0) return;
  const [said = ''] = end.stderr.split('\n').filter((line) => line.trim() !== '');
  throw new NetworkSetupError(`cannot set up the network: ${name}: ${said.slice(0, 300)}`, {
    hint: /not permitted|denied/i.test(end.stderr)
      ? 'This needs root with CAP_NET_ADMIN and CAP_SYS_ADMIN.'
      : undefined,
  });
}

function text(batch: Batch): string {
  return batch.map((line) => `${line}\n`).join('');
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
