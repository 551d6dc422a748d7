import type { ContainerDetails } from '../engine/container-types.ts';
import { parsePortTexts } from './port-texts.ts';

const SHM = 64 * 1024 * 1024;
const NANO = 1e9;

/** How a container was asked for, as Docker's HostConfig, in its order. */
export function hostConfigJson(details: ContainerDetails): Readonly<Record<string, unknown>> {
  const { settings, remove } = details;
  const { limits = {}, ulimits = [], restart } = settings;
  const list = (values: readonly string[] | undefined): readonly string[] | null =>
    values && values.length > 0 ? values : null;
  const privileged = settings.privileged === true;
  return {
    Binds: list(settings.volumes?.filter((text) => text.includes(':'))),
    ContainerIDFile: settings.cidfile ?? '',
    LogConfig: { Type: settings.logDriver ?? 'json-file', Config: settings.logOptions ?? {} },
    NetworkMode: networkMode(details),
    PortBindings: parsePortTexts(settings.publish ?? []),
    RestartPolicy: { Name: restart?.name ?? 'no', MaximumRetryCount: restart?.maximum ?? 0 },
    AutoRemove: remove,
    VolumeDriver: settings.volumeDriver ?? '',
    VolumesFrom: list(settings.volumesFrom),
    ConsoleSize: [0, 0],
    ...(settings.annotations && { Annotations: settings.annotations }),
    CapAdd: list(settings.capAdd),
    CapDrop: list(settings.capDrop),
    CgroupnsMode: settings.cgroupns ?? 'private',
    Dns: settings.dns ?? [],
    DnsOptions: settings.dnsOptions ?? [],
    DnsSearch: settings.dnsSearch ?? [],
    ExtraHosts: list(settings.extraHosts),
    GroupAdd: list(settings.groupAdd),
    IpcMode: settings.ipc ?? 'private',
    Cgroup: '',
    Links: null,
    OomScoreAdj: settings.oomScoreAdj ?? 0,
    PidMode: settings.pid ?? '',
    Privileged: privileged,
    PublishAllPorts: settings.publishAll === true,
    ReadonlyRootfs: settings.readonly === true,
    SecurityOpt: list([
      ...(settings.noNewPrivileges === true ? ['no-new-privileges'] : []),
      ...(settings.unfiltered === true ? ['seccomp=unconfined'] : []),
      ...(settings.seccompProfile === undefined ? [] : [`seccomp=${settings.seccompProfile}`]),
    ]),
    ...(settings.tmpfs && settings.tmpfs.length > 0 && { Tmpfs: tmpfsOf(settings.tmpfs) }),
    UTSMode: settings.uts ?? '',
    UsernsMode: settings.userns ?? '',
    ShmSize: settings.shmSize ?? SHM,
    ...(settings.sysctls && { Sysctls: settings.sysctls }),
    Runtime: 'crun',
    Isolation: '',
    CpuShares: limits.cpuShares ?? 0,
    Memory: limits.memory ?? 0,
    NanoCpus: Math.round((limits.cpus ?? 0) * NANO),
    CgroupParent: settings.cgroupParent ?? '',
    BlkioWeight: limits.blkioWeight ?? 0,
    BlkioWeightDevice: [],
    BlkioDeviceReadBps: [],
    BlkioDeviceWriteBps: [],
    BlkioDeviceReadIOps: [],
    BlkioDeviceWriteIOps: [],
    CpuPeriod: limits.cpuPeriod ?? 0,
    CpuQuota: limits.cpuQuota ?? 0,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: limits.cpusetCpus ?? '',
    CpusetMems: limits.cpusetMems ?? '',
    Devices: (settings.devices ?? []).map(deviceOf),
    DeviceCgroupRules: settings.deviceRules ?? null,
    DeviceRequests: null,
    MemoryReservation: limits.memoryReservation ?? 0,
    MemorySwap: limits.memorySwap ?? (limits.memory ?? 0) * 2,
    MemorySwappiness: limits.swappiness ?? null,
    OomKillDisable: limits.oomKillDisable === true,
    ...(settings.init === true && { Init: true }),
    PidsLimit: limits.pids ?? null,
    Ulimits: ulimits.map(({ type, soft, hard }) => ({ Name: type, Hard: hard, Soft: soft })),
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    MaskedPaths: privileged || settings.unmasked === true ? null : details.masked,
    ReadonlyPaths: privileged || settings.unmasked === true ? null : details.readonlyPaths,
  };
}

/** `default` is the bridge. */
function networkMode({ networks }: ContainerDetails): string {
  return networks[0] ?? 'bridge';
}

function tmpfsOf(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const colon = text.indexOf(':');
      return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
    }),
  );
}

function deviceOf(text: string): Readonly<Record<string, string>> {
  const [host = '', second, third] = text.split(':');
  return {
    PathOnHost: host,
    PathInContainer: second ?? host,
    CgroupPermissions: third ?? 'rwm',
  };
}
