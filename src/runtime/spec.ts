import { existsSync, readdirSync } from 'node:fs';
import { release } from 'node:os';
import { DEFAULT_CAPABILITIES } from './capabilities.ts';
import { MASKED_PATHS, READONLY_PATHS } from './confinement.ts';
import { DEVICE_RULES, hostDevices } from './devices.ts';
import { preparedPath } from './prepare.ts';
import type { CgroupSpec, DeviceSpec, MountSpec, ProcessSpec } from './executor.ts';
import { countsSwap, kernelAtLeast, type CgroupLayout, type HostLimits } from './host.ts';
import type { OciDevice, OciDeviceRule, OciMount, OciSpec } from './oci-spec.ts';
import { hasSingleId, inUserNamespace, largestGroup } from '../sys/user-namespace.ts';
import type { OciSeccomp } from './seccomp.ts';

/** What the machine and the chosen runtime let a process have. */
export interface SpecContext {
  readonly limits: HostLimits;
  readonly layout: CgroupLayout;
  /** `devices`: with rules for devices; `plain`: without; `off`: no control groups at all. */
  readonly cgroups: 'devices' | 'plain' | 'off';
  readonly cgroupsPath: string;
  /** The runtime has a terminal to drive. */
  readonly terminal: boolean;
  /** Where the root file system is mounted. */
  readonly rootfs: string;
  /** Where the sources of mounts are that are prepared. */
  readonly prepared: string;
  /** A filter as rules, or compiled, in base64 (crun only). */
  readonly seccomp?: { readonly rules: OciSeccomp } | { readonly compiled: string };
}

const DEV_SIZE = '65536k';
const PTS_OPTIONS = 'nosuid,noexec,newinstance,ptmxmode=0666,mode=0620';
/** The group of terminals, where there is more than one group. */
const PTS_GROUP = ',gid=5';
const SHM_DEFAULT = 64 * 1024 * 1024;
const CPU_PERIOD = 100_000;

/**
 * The capabilities that a process gets: what it asks for, or the defaults, as far as this
 * process has them itself. Without a control group that confines devices, making device
 * files is out: any of the machine's disks could be opened through one.
 */
export function grantedCapabilities(
  asked: ProcessSpec,
  context: Pick<SpecContext, 'limits' | 'cgroups'>,
): string[] {
  if (asked.privileged === true) return [...context.limits.capabilities];
  const wanted = asked.capabilities ?? DEFAULT_CAPABILITIES;
  return wanted.filter(
    (name) =>
      context.limits.capabilities.includes(name) &&
      (name !== 'CAP_MKNOD' || context.cgroups === 'devices'),
  );
}

/** 2^64 - 1, which no number of JavaScript is. */
const UNLIMITED = '18446744073709551615';

/** The configuration as JSON; infinite limits are written as the kernel has them. */
export function specText(spec: OciSpec): string {
  // Newer than TypeScript's own declarations.
  const { rawJSON } = JSON as typeof JSON & { readonly rawJSON: (text: string) => unknown };
  return JSON.stringify(spec, (_, value: unknown) =>
    value === Infinity ? rawJSON(UNLIMITED) : value,
  );
}

/** The runtime configuration for one process. Takes nothing from images: no annotation, no label. */
export function ociSpec(asked: ProcessSpec, context: SpecContext): OciSpec {
  const privileged = asked.privileged === true;
  const capabilities = grantedCapabilities(asked, context);
  const { seccomp } = context;
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: context.terminal,
      ...(context.terminal && consoleSize()),
      user: {
        uid: asked.user.uid,
        gid: asked.user.gid,
        umask: 0o022,
        // The own group too: else leaving it is a way around files that are closed to it.
        additionalGids: [...new Set([asked.user.gid, ...asked.user.additionalGids])],
      },
      args: asked.argv,
      env: asked.secretEnv ? [...asked.env, ...asked.secretEnv] : asked.env,
      cwd: asked.cwd,
      capabilities: {
        bounding: capabilities,
        effective: capabilities,
        permitted: capabilities,
        inheritable: [],
        ambient: [],
      },
      ...(asked.rlimits !== undefined && { rlimits: rlimits(asked.rlimits, context.limits) }),
      noNewPrivileges: asked.noNewPrivileges === true,
      ...oomScore(context.limits, asked.oomScoreAdj),
    },
    root: { path: context.rootfs, readonly: asked.root.readonly === true },
    ...(asked.shared?.uts === undefined && {
      hostname: asked.hostname,
      ...(asked.domainname !== undefined && { domainname: asked.domainname }),
    }),
    mounts: mounts(asked, context),
    ...(asked.hooks && { hooks: asked.hooks }),
    ...(seccomp !== undefined &&
      'compiled' in seccomp && {
        annotations: { 'run.oci.seccomp_bpf_data': seccomp.compiled },
      }),
    linux: {
      namespaces: namespaces(asked, context.layout),
      ...(context.cgroups !== 'off' && {
        cgroupsPath: context.cgroupsPath,
        resources: resources(asked, context),
      }),
      ...((privileged || asked.devices) && {
        devices: [...(privileged ? hostDevices() : []), ...ownDevices(asked)],
      }),
      ...sysctls(asked),
      ...(seccomp !== undefined && 'rules' in seccomp && { seccomp: seccomp.rules }),
      ...(!privileged &&
        asked.unmasked !== true && {
          maskedPaths: [...MASKED_PATHS, ...thermalThrottles()],
          readonlyPaths: READONLY_PATHS,
        }),
    },
  };
}

function namespaces(
  { network, shared = {} }: ProcessSpec,
  layout: CgroupLayout,
): { type: string; path?: string }[] {
  const places: readonly (readonly [type: string, place: string | undefined])[] = [
    ['mount', undefined],
    ['uts', shared.uts],
    ['pid', shared.pid],
    ['ipc', shared.ipc],
    ['network', shared.network ?? (network === 'host' ? 'host' : undefined)],
    ['cgroup', layout.version === 'v2' ? shared.cgroup : 'host'],
  ];
  return places
    .filter(([, place]) => place !== 'host')
    .map(([type, path]) => ({ type, ...(path !== undefined && { path }) }));
}

/** Those for a network of its own are Docker's. */
function sysctls({
  network,
  shared,
  sysctls: asked,
}: ProcessSpec): Pick<OciSpec['linux'], 'sysctl'> {
  const sysctl = {
    ...(network === 'none' &&
      shared?.network !== 'host' && {
        'net.ipv4.ip_unprivileged_port_start': '0',
        'net.ipv4.ping_group_range': `0 ${Math.min(largestGroup(), 2_147_483_647)}`,
      }),
    ...asked,
  };
  return Object.keys(sysctl).length > 0 ? { sysctl } : {};
}

function mounts(asked: ProcessSpec, context: SpecContext): OciMount[] {
  const writable = asked.privileged === true ? 'rw' : 'ro';
  const system = (
    destination: string,
    type: string,
    source: string,
    options: string,
  ): OciMount => ({
    destination,
    type,
    source,
    options: options.split(','),
  });
  const shm = asked.shmSize ?? SHM_DEFAULT;
  return [
    system('/proc', 'proc', 'proc', 'nosuid,noexec,nodev'),
    system('/dev', 'tmpfs', 'tmpfs', `nosuid,strictatime,mode=755,size=${DEV_SIZE}`),
    system('/dev/pts', 'devpts', 'devpts', PTS_OPTIONS + (hasSingleId() ? '' : PTS_GROUP)),
    sysfs(asked, writable),
    ...(context.cgroups === 'off'
      ? []
      : [system('/sys/fs/cgroup', 'cgroup', 'cgroup', `nosuid,noexec,nodev,relatime,${writable}`)]),
    ...(asked.shared?.ipc === 'host'
      ? ['/dev/mqueue', '/dev/shm'].map((path) => system(path, 'bind', path, 'rbind'))
      : [
          system('/dev/mqueue', 'mqueue', 'mqueue', 'nosuid,noexec,nodev'),
          system('/dev/shm', 'tmpfs', 'shm', `nosuid,noexec,nodev,mode=1777,size=${shm}`),
        ]),
    ...asked.mounts.map((mount, index) => ownMount(mount, index, context)),
  ];
}

/** One belongs to a network: in a user namespace nobody but its owner may mount it. */
function sysfs({ network, shared }: ProcessSpec, writable: 'rw' | 'ro'): OciMount {
  const options = ['nosuid', 'noexec', 'nodev'];
  if (inUserNamespace() && (shared?.network ?? network) === 'host') {
    return {
      destination: '/sys',
      type: 'bind',
      source: '/sys',
      options: ['rbind', 'rprivate', ...options, ...readonlyOptions(true)],
    };
  }
  return { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...options, writable] };
}

function ownMount(mount: MountSpec, index: number, context: SpecContext): OciMount {
  if (mount.type === 'prepared') {
    return {
      destination: mount.target,
      type: 'bind',
      source: preparedPath(context.prepared, index, mount.source),
      options: ['bind', 'rprivate', mount.readonly ? 'ro' : 'rw', ...(mount.options ?? [])],
    };
  }
  if (mount.type === 'bind') {
    return {
      destination: mount.target,
      type: 'bind',
      source: mount.source,
      options: [
        mount.recursive === true ? 'rbind' : 'bind',
        mount.propagation ?? 'rprivate',
        ...(mount.readonly ? readonlyOptions(mount.recursive === true) : ['rw']),
        ...(mount.options ?? []),
      ],
    };
  }
  return {
    destination: mount.target,
    type: 'tmpfs',
    source: 'tmpfs',
    options: [
      ...(mount.options ?? ['nosuid', 'nodev', 'noexec']),
      ...(mount.size === undefined ? [] : [`size=${mount.size}`]),
      ...(mount.mode === undefined ? [] : [`mode=${mount.mode.toString(8)}`]),
    ],
  };
}

/** What is mounted below it is read-only as well, where the kernel (5.12) can do that. */
function readonlyOptions(recursive: boolean): string[] {
  return recursive && kernelAtLeast(release(), '5.12') ? ['ro', 'rro'] : ['ro'];
}

function resources(
  asked: ProcessSpec,
  context: SpecContext,
): NonNullable<OciSpec['linux']['resources']> {
  const { pids } = asked.cgroup ?? {};
  const memory = memoryOf(asked.cgroup ?? {}, context);
  const cpu = cpuOf(asked.cgroup ?? {});
  return {
    ...(context.cgroups === 'devices' && {
      devices:
        asked.privileged === true
          ? [{ allow: true, type: 'a', access: 'rwm' }]
          : [
              ...DEVICE_RULES,
              ...(asked.devices ?? []).map(deviceRule),
              ...(asked.deviceRules ?? []).map((rule) => ({ allow: true, ...rule })),
            ],
    }),
    ...(memory && { memory }),
    ...(pids !== undefined && { pids: { limit: pids } }),
    ...(cpu && { cpu }),
    ...(asked.cgroup?.blkioWeight !== undefined && {
      blockIO: { weight: asked.cgroup.blkioWeight },
    }),
  };
}

function memoryOf(
  { memory, memorySwap, memoryReservation: reservation, swappiness, oomKillDisable }: CgroupSpec,
  { layout }: SpecContext,
): NonNullable<OciSpec['linux']['resources']>['memory'] {
  const soft = {
    ...(reservation !== undefined && { reservation }),
    ...(swappiness !== undefined && { swappiness }),
    ...(oomKillDisable === true && { disableOOMKiller: true }),
  };
  if (memory === undefined) return Object.keys(soft).length === 0 ? undefined : soft;
  // As much swap again as memory: what Docker gives when only memory is limited.
  return { ...soft, limit: memory, ...(countsSwap(layout) && { swap: memorySwap ?? memory * 2 }) };
}

function cpuOf({
  cpus,
  cpuShares,
  cpuPeriod = CPU_PERIOD,
  cpuQuota,
  cpusetCpus,
  cpusetMems,
}: CgroupSpec): NonNullable<OciSpec['linux']['resources']>['cpu'] {
  const quota = cpuQuota ?? (cpus === undefined ? undefined : Math.round(cpus * cpuPeriod));
  const cpu = {
    ...(cpuShares !== undefined && { shares: cpuShares }),
    ...(quota !== undefined && { quota, period: cpuPeriod }),
    ...(cpusetCpus !== undefined && { cpus: cpusetCpus }),
    ...(cpusetMems !== undefined && { mems: cpusetMems }),
  };
  return Object.keys(cpu).length > 0 ? cpu : undefined;
}

function ownDevices({ devices = [] }: ProcessSpec): OciDevice[] {
  return devices.map(({ access: _access, ...device }) => device);
}

function deviceRule({ type, major, minor, access }: DeviceSpec): OciDeviceRule {
  return { allow: true, type, major, minor, access };
}

/** Limits above this process's own would make the runtime fail, unless it may raise them. */
function rlimits(
  wanted: NonNullable<ProcessSpec['rlimits']>,
  limits: HostLimits,
): NonNullable<OciSpec['process']['rlimits']> {
  const free = limits.capabilities.includes('CAP_SYS_RESOURCE');
  return wanted.map(({ type, soft, hard }) => {
    const ceiling = free ? Infinity : (limits.hard.get(type) ?? Infinity);
    return { type, soft: Math.min(soft, hard, ceiling), hard: Math.min(hard, ceiling) };
  });
}

/** 0 for the process, where that needs no right that this process lacks. */
function oomScore(
  { oomScoreAdj, capabilities }: HostLimits,
  asked: number | undefined,
): { oomScoreAdj?: number } {
  if (asked !== undefined) return { oomScoreAdj: asked };
  if (oomScoreAdj === 0) return {};
  return oomScoreAdj < 0 || capabilities.includes('CAP_SYS_RESOURCE') ? { oomScoreAdj: 0 } : {};
}

/** crun follows later changes of the size by itself, but does not look at it in the beginning. */
function consoleSize(): Pick<OciSpec['process'], 'consoleSize'> {
  const { columns, rows, isTTY } = process.stdout;
  return isTTY ? { consoleSize: { width: columns, height: rows } } : {};
}

/** Temperatures of each CPU tell what its neighbours compute. */
function thermalThrottles(): string[] {
  const cpus = '/sys/devices/system/cpu';
  if (!existsSync(`${cpus}/cpu0/thermal_throttle`)) return [];
  return readdirSync(cpus)
    .filter((name) => /^cpu\d+$/.test(name))
    .map((name) => `${cpus}/${name}/thermal_throttle`)
    .filter((path) => existsSync(path));
}
