import { closeSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StaveError } from '../../base/errors.ts';
import { conmonPath } from '../../monitor/conmon.ts';
import { nameServerPath } from '../../network/dns.ts';
import { findConnector } from '../../network/rootless.ts';
import type { RuntimeInfo } from '../../runtime/executor.ts';
import { cgroupLayout, countsSwap, hostLimits } from '../../runtime/host.ts';
import { seccompFilter, seccompProfile } from '../../runtime/seccomp.ts';
import type { Store } from '../../store/store.ts';
import { helperPath } from '../../sys/helper.ts';
import { openOverlay } from '../../sys/mount.ts';
import { randomHex } from '../../sys/random.ts';
import { readSubordinateIds } from '../../sys/subordinate-ids.ts';
import { hasSingleId, inUserNamespace } from '../../sys/user-namespace.ts';
import { initProgram } from '../containers/init.ts';
import type { MachineFinding } from '../system-types.ts';

/** What looking at the machine needs. */
export interface DoctorParts {
  readonly store: Store;
  /** Finds the runtime; throws a StaveError that says why there is none. */
  readonly runtime: () => Promise<RuntimeInfo>;
}

/** So many IDs are expected by images. */
const IDS = 65_536;
const FEW_FILES = 4096;
const FEW_WATCHERS = 128;

type Found = Omit<MachineFinding, 'what'>;

/**
 * Looks at all that containers need of the machine. `caller` is the user who asks, who is root
 * in a namespace of his own if he is not root anyway.
 */
export async function* examine(parts: DoctorParts, caller: number): AsyncGenerator<MachineFinding> {
  const checks: readonly (readonly [string, () => Found | Promise<Found>])[] = [
    ['runtime', () => runtime(parts)],
    ['monitor', monitor],
    ['cgroups', () => groups(caller)],
    ['overlay', () => overlay(parts.store)],
    ['seccomp', seccomp],
    ...(caller === 0 ? ROOT : userChecks(caller)),
    ['init', init],
    ['limits', limits],
    ['watches', watches],
  ];
  for (const [what, check] of checks) {
    try {
      yield { what, ...(await check()) };
    } catch (error) {
      if (!(error instanceof StaveError)) throw error;
      yield {
        what,
        outcome: 'failed',
        text: error.message,
        ...(error.hint && { hint: error.hint }),
      };
    }
  }
}

const ROOT: readonly (readonly [string, () => Found])[] = [
  ['user', () => ok('root')],
  ['ip', () => program('ip', 'iproute2', 'networks of containers')],
  ['nft', () => program('nft', 'nftables', 'networks of containers')],
  ['names', names],
];

function userChecks(caller: number): readonly (readonly [string, () => Found])[] {
  return [
    ['namespace', namespace],
    ['newuidmap', () => identityPrograms()],
    ['subuid', () => identities(caller)],
    ['network', network],
  ];
}

function ok(text: string): Found {
  return { outcome: 'ok', text };
}

async function runtime({ runtime: open }: DoctorParts): Promise<Found> {
  const { name, version, path, notes } = await open();
  const rest = notes.length > 0 ? `; ${notes.join('; ')}` : '';
  return ok(`${name} ${version} (${path})${rest}`);
}

function monitor(): Found {
  return ok(conmonPath());
}

function groups(caller: number): Found {
  const layout = cgroupLayout();
  const { version, unified, roots } = layout;
  if (caller !== 0) {
    return {
      outcome: 'note',
      text: 'unavailable to users who are not root: no limits on memory, CPU and processes, no pause',
      hint: 'Containers with limits are for root.',
    };
  }
  const [root] = roots;
  if (root === undefined) {
    return {
      outcome: 'note',
      text: 'none are mounted: no limits, no pause, and containers cannot make device files',
      hint: 'mount -t cgroup2 none /sys/fs/cgroup',
    };
  }
  const swap = countsSwap(layout) ? '' : ', swap is not counted';
  return ok(`${unified ? 'hybrid' : version}${swap}`);
}

/** Without mounting anything. */
function overlay(store: Store): Found {
  const place = join(store.paths.tmp, `doctor-${randomHex(6)}`);
  const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => join(place, name));
  if (lower === undefined || upper === undefined || work === undefined) throw new Error('no place');
  for (const path of [lower, upper, work]) mkdirSync(path, { recursive: true });
  try {
    closeSync(openOverlay({ lower: [lower], upper, work }));
    return ok(`overlayfs below ${store.paths.root}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      outcome: 'failed',
      text: `overlayfs cannot be used below ${store.paths.root}: ${why}`,
      hint: 'modprobe overlay; and have the store on ext4, xfs or btrfs (--root DIR).',
    };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function seccomp(): Found {
  const hasFilters = existsSync('/proc/sys/kernel/seccomp/actions_avail');
  const subject = { arch: process.arch, kernel: '6.0', capabilities: [] };
  if (hasFilters && seccompFilter(seccompProfile(), subject)) return ok('filters, default profile');
  return {
    outcome: 'failed',
    text: hasFilters
      ? `the default profile does not know ${process.arch}`
      : 'the kernel has no filters for system calls',
    hint: 'Containers run without a filter: --security-opt seccomp=FILE gives one.',
  };
}

function program(name: string, packageName: string, what: string): Found {
  const path = helperPath(name);
  if (path !== undefined) return ok(path);
  return {
    outcome: 'failed',
    text: `${name} is missing, which ${what} need`,
    hint: `apt-get install ${packageName}`,
  };
}

function names(): Found {
  const path = nameServerPath();
  if (path !== undefined) return ok(path);
  return {
    outcome: 'note',
    text: 'aardvark-dns is missing: containers on networks of their own do not know their names',
    hint: 'apt-get install aardvark-dns',
  };
}

function namespace(): Found {
  if (!inUserNamespace()) {
    const off = blockedBy();
    return {
      outcome: 'failed',
      text: off ? `${off[0]} forbids user namespaces` : 'this user has no user namespace',
      hint: off ? `sysctl -w ${off[1]}` : "Run 'unshare --user true' to see why.",
    };
  }
  return hasSingleId()
    ? {
        outcome: 'note',
        text: 'one of its own, with a single user ID',
        hint: 'With subordinate IDs: stop all containers, end the process sleep of this user, and begin anew.',
      }
    : ok('one of its own, with subordinate IDs');
}

/** What keeps users from having namespaces, and what to set instead. */
function blockedBy(): readonly [what: string, setting: string] | undefined {
  const settings = [
    ['user/max_user_namespaces', '0', '65536'],
    ['kernel/unprivileged_userns_clone', '0', '1'],
    ['kernel/apparmor_restrict_unprivileged_userns', '1', '0'],
  ] as const;
  const found = settings.find(([name, bad]) => settingOf(name) === bad);
  if (!found) return undefined;
  const key = found[0].replaceAll('/', '.');
  return [key, `${key}=${found[2]}`];
}

function settingOf(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name}`, 'latin1').trim();
  } catch {
    return undefined;
  }
}

function identityPrograms(): Found {
  const missing = ['newuidmap', 'newgidmap'].find((name) => helperPath(name) === undefined);
  if (missing === undefined) return ok(helperPath('newuidmap') ?? 'newuidmap');
  return {
    outcome: 'failed',
    text: `${missing} is missing: containers have a single user ID`,
    hint: 'apt-get install uidmap',
  };
}

function identities(caller: number): Found {
  const ids = readSubordinateIds(caller);
  const count = Math.min(
    ...[ids?.uids ?? [], ids?.gids ?? []].map((ranges) =>
      ranges.reduce((sum, range) => sum + range.count, 0),
    ),
  );
  if (count >= IDS) return ok(`${count} subordinate IDs`);
  return {
    outcome: count > 0 ? 'note' : 'failed',
    text: `${count} subordinate IDs in /etc/subuid and /etc/subgid; images expect ${IDS}`,
    hint: `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "$(id -nu ${caller})"`,
  };
}

function network(): Found {
  const { name, path } = findConnector();
  return ok(`${name} (${path}), /dev/net/tun`);
}

function init(): Found {
  const path = initProgram();
  if (path !== undefined) return ok(path);
  return {
    outcome: 'note',
    text: 'there is no small init for --init',
    hint: 'apt-get install catatonit',
  };
}

function limits(): Found {
  const files = hostLimits().hard.get('RLIMIT_NOFILE') ?? Infinity;
  const text = `${files === Infinity ? 'any number of' : files} open files`;
  if (files > FEW_FILES) return ok(text);
  return { outcome: 'note', text, hint: 'ulimit -Hn 1048576 (as root, before it is started)' };
}

function watches(): Found {
  const count = Number(settingOf('fs/inotify/max_user_instances') ?? 0);
  const text = `${count} watchers of files`;
  if (count >= FEW_WATCHERS) return ok(text);
  return {
    outcome: 'note',
    text: `${text}: few for many containers`,
    hint: 'sysctl -w fs.inotify.max_user_instances=1024',
  };
}
