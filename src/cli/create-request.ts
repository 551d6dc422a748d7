import { UsageError } from '../base/errors.ts';
import type {
  CreateRequest,
  HealthRequest,
  NetworkWish,
  ResourceLimits,
} from '../engine/create-request.ts';
import type { Context } from './command.ts';
import { CREATE_FLAGS, LIMIT_FLAGS, restartPolicy } from './create-flags.ts';
import type { Values } from './flags.ts';
import { extraHost, labelsOf, linesOfFile } from './key-values.ts';
import { platformOption } from './platform-flag.ts';
import { securityOf } from './security-options.ts';
import { ulimitOf } from './ulimits.ts';

type Flags = Values<typeof CREATE_FLAGS>;

/** Members that are defined. */
function given<T extends object>(members: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

/** Those that were typed. */
function listed(values: readonly string[]): readonly string[] | undefined {
  return values.length > 0 ? values : undefined;
}

/** What `run` and `create` were told, as the engine takes it. Throws UsageError. */
export function createRequest({
  operands,
  flags: typed,
  cwd,
  env,
}: Pick<Context<typeof CREATE_FLAGS>, 'operands' | 'flags' | 'cwd' | 'env'>): CreateRequest {
  const [image = '', ...argv] = operands;
  const annotations = labelsOf(typed.annotation);
  const sysctls = labelsOf(typed.sysctl);
  const logOptions = labelsOf(typed['log-opt']);
  const filled = (record: Record<string, string>): Record<string, string> | undefined =>
    Object.keys(record).length > 0 ? record : undefined;
  return {
    image,
    ...given<Omit<CreateRequest, 'image'>>({
      ...platformOption(typed.platform, env),
      name: typed.name,
      user: typed.user,
      workdir: typed.workdir,
      hostname: typed.hostname,
      domainname: typed.domainname,
      cidfile: typed.cidfile,
      shmSize: typed['shm-size'],
      networks: networksOf(typed),
      command: argv.length > 0 ? argv : undefined,
      // An empty one takes the image's away.
      entrypoint:
        typed.entrypoint === undefined
          ? undefined
          : typed.entrypoint === ''
            ? []
            : [typed.entrypoint],
      annotations: filled(annotations),
      sysctls: filled(sysctls),
      attach: attachOf(typed.attach),
      restart: typed.restart === undefined ? undefined : restartPolicy(typed.restart),
      stopSignal: typed['stop-signal'],
      stopTimeout: typed['stop-timeout'],
      health: healthOf(typed),
      logDriver: typed['log-driver'],
      logOptions: filled(logOptions),
      init: typed.init || undefined,
      record: typed.record || undefined,
      mounts: listed(typed.mount),
      volumeDriver: typed['volume-driver'],
      volumesFrom: listed(typed['volumes-from']),
      publish: listed(typed.publish),
      publishAll: typed['publish-all'] || undefined,
      expose: listed(typed.expose),
      dns: listed(typed.dns),
      dnsOptions: listed(typed['dns-option']),
      dnsSearch: listed(typed['dns-search']),
      devices: listed(typed.device),
      deviceRules: listed(typed['device-cgroup-rule']),
      groupAdd: listed(typed['group-add']),
      pid: typed.pid,
      ipc: typed.ipc,
      uts: typed.uts,
      userns: typed.userns,
      cgroupns: typed.cgroupns,
      cgroupParent: typed['cgroup-parent'],
      oomScoreAdj: typed['oom-score-adj'],
      ...securityOf(typed['security-opt'], cwd),
    }),
    env: [...typed['env-file'].flatMap((file) => linesOfFile(cwd, file)), ...typed.env],
    labels: labelsOf([
      ...typed['label-file'].flatMap((file) => linesOfFile(cwd, file)),
      ...typed.label,
    ]),
    volumes: typed.volume,
    extraHosts: typed['add-host'].map(extraHost),
    capAdd: typed['cap-add'],
    capDrop: typed['cap-drop'],
    tmpfs: typed.tmpfs,
    ulimits: typed.ulimit.map(ulimitOf),
    limits: {
      ...limitsOf(typed),
      ...given<ResourceLimits>({
        swappiness: typed['memory-swappiness'] === -1 ? undefined : typed['memory-swappiness'],
        oomKillDisable: typed['oom-kill-disable'] || undefined,
      }),
    },
    remove: typed.rm,
    interactive: typed.interactive,
    terminal: typed.tty,
    readonly: typed['read-only'],
    privileged: typed.privileged,
  };
}

/** The limits that were typed. */
export function limitsOf(typed: Values<typeof LIMIT_FLAGS>): ResourceLimits {
  return given<ResourceLimits>({
    memory: typed.memory,
    memoryReservation: typed['memory-reservation'],
    memorySwap: typed['memory-swap'],
    cpus: typed.cpus,
    cpuShares: typed['cpu-shares'],
    cpuPeriod: typed['cpu-period'],
    cpuQuota: typed['cpu-quota'],
    cpusetCpus: typed['cpuset-cpus'],
    cpusetMems: typed['cpuset-mems'],
    pids: typed['pids-limit'],
    blkioWeight: typed['blkio-weight'],
  });
}

/** Flags for addresses and names go with the first network. */
function networksOf(typed: Flags): readonly NetworkWish[] | undefined {
  const aliases = listed(typed['network-alias']);
  const first = given<Omit<NetworkWish, 'name'>>({
    aliases,
    ip: typed.ip,
    ip6: typed.ip6,
    mac: typed['mac-address'],
  });
  if (typed.network.length === 0 && Object.keys(first).length === 0) return undefined;
  const [name = 'default', ...more] = typed.network;
  return [{ ...networkWish(name), ...first }, ...more.map(networkWish)];
}

/** A name, or `name=n,alias=a,ip=…`. */
function networkWish(text: string): NetworkWish {
  if (!text.includes('=')) return { name: text };
  const pairs = text.split(',').map((part) => {
    const equals = part.indexOf('=');
    return [part.slice(0, equals), part.slice(equals + 1)] as const;
  });
  const one = (key: string): string | undefined => pairs.find(([name]) => name === key)?.[1];
  const aliases = pairs.filter(([key]) => key === 'alias').map(([, value]) => value);
  const name = one('name');
  const wrong = pairs.find(([key]) => !['name', 'alias', 'ip', 'ip6', 'mac-address'].includes(key));
  if (wrong) throw new UsageError(`invalid field key ${wrong[0]}`);
  if (name === undefined) throw new UsageError('network name is required');
  return {
    name,
    ...given<Omit<NetworkWish, 'name'>>({
      aliases: listed(aliases),
      ip: one('ip'),
      ip6: one('ip6'),
      mac: one('mac-address'),
    }),
  };
}

function attachOf(texts: readonly string[]): CreateRequest['attach'] {
  if (texts.length === 0) return undefined;
  return texts.map((text) => {
    const stream = (['stdin', 'stdout', 'stderr'] as const).find(
      (one) => one === text.toLowerCase(),
    );
    if (stream === undefined) {
      throw new UsageError(
        `invalid argument "${text}" for "-a, --attach" flag: valid streams are STDIN, STDOUT and STDERR`,
      );
    }
    return stream;
  });
}

function healthOf(typed: Flags): HealthRequest | undefined {
  const health = given<HealthRequest>({
    none: typed['no-healthcheck'] || undefined,
    command: typed['health-cmd'],
    interval: typed['health-interval'],
    timeout: typed['health-timeout'],
    startPeriod: typed['health-start-period'],
    startInterval: typed['health-start-interval'],
    retries: typed['health-retries'],
  });
  return Object.keys(health).length > 0 ? health : undefined;
}
