import type { SystemInfo } from '../../engine/system-types.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';

/** What Docker calls a store of overlay directories. */
const DRIVER = 'overlay2';

/** `system info`, `info`. */
export const systemInfo = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: { format: flag.text('string', "Form of the output: 'json' or a Go template", 'f') },
  examples: [
    ['Where things are kept', "stave info --format '{{.DockerRootDir}}'"],
    ['Which runtime runs containers', 'stave info'],
  ],

  async run({ flags, stdout, stderr, engine }) {
    const info = await (await engine()).system.info();
    if (flags.format === undefined) {
      stdout.write(infoText(info));
      for (const warning of info.warnings) stderr.line(`WARNING: ${warning}`);
      return;
    }
    const { formatObject } = await import('../object-template.ts');
    const { fromData, struct } = await import('../template/values.ts');
    const fields = Object.entries(infoFields(info)).map(([key, value]) => [key, fromData(value)]);
    stdout.line(formatObject(struct('system.Info', Object.fromEntries(fields)), flags.format));
  },
});

/** The names that scripts ask `docker info` for. */
function infoFields(info: SystemInfo): Readonly<Record<string, unknown>> {
  return {
    ID: info.storeId,
    Containers: info.containers.running + info.containers.stopped,
    ContainersRunning: info.containers.running,
    ContainersPaused: 0,
    ContainersStopped: info.containers.stopped,
    Images: info.images,
    Driver: DRIVER,
    DriverStatus: [['Backing Filesystem', info.fileSystem]],
    KernelVersion: info.kernel,
    OperatingSystem: info.operatingSystem,
    OSType: 'linux',
    Architecture: info.architecture,
    NCPU: info.cpus,
    MemTotal: info.memory,
    DockerRootDir: info.root,
    ServerVersion: info.version,
    CgroupVersion: info.cgroups,
    DefaultRuntime: info.runtime?.name ?? '',
    Rootless: info.rootless,
    SecurityOptions: ['name=seccomp,profile=builtin', ...(info.rootless ? ['name=rootless'] : [])],
    NodeVersion: info.node,
    Warnings: info.warnings,
  };
}

function infoText(info: SystemInfo): string {
  const { containers, runtime } = info;
  const rows: readonly (readonly [string, string | number])[] = [
    ['Version', info.version],
    ['Root Dir', info.root],
    ['Store ID', info.storeId],
    ['Images', info.images],
    ['Containers', containers.running + containers.stopped],
    [' Running', containers.running],
    [' Stopped', containers.stopped],
    ['Storage Driver', DRIVER],
    ['Backing Filesystem', info.fileSystem],
    ['Runtime', runtime ? `${runtime.name} ${runtime.version} (${runtime.path})` : 'none found'],
    ...info.runtimeNotes.map((note) => ['Runtime Note', note] as const),
    ['Cgroups', info.cgroups],
    ['Rootless', String(info.rootless)],
    ['Kernel Version', info.kernel],
    ['Operating System', info.operatingSystem],
    ['Architecture', info.architecture],
    ['CPUs', info.cpus],
    ['Total Memory', binarySize(info.memory)],
    ['Node', info.node],
  ];
  return rows.map(([name, value]) => `${name}: ${value}\n`).join('');
}

function binarySize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Number((bytes / 1024 ** unit).toPrecision(4))}${units[unit]}`;
}
