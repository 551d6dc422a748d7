import { UsageError } from '../base/errors.ts';
import type { RestartPolicy } from '../engine/create-request.ts';
import { flag } from './flags.ts';
import { CREATE_REFUSED } from './refused-flags.ts';

/** `no`, `always`, `unless-stopped`, `on-failure[:N]`. Throws RangeError. */
export function restartPolicy(text: string): RestartPolicy {
  const [name = '', count, more] = text.split(':');
  const known = (['no', 'always', 'unless-stopped', 'on-failure'] as const).find(
    (one) => one === (name === '' ? 'no' : name),
  );
  if (known === undefined) {
    throw new UsageError(
      `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  }
  if (more !== undefined) throw new UsageError(`invalid restart policy format: ${text}`);
  if (count !== undefined && !/^\d+$/.test(count)) {
    throw new UsageError('invalid restart policy format: maximum retry count must be an integer');
  }
  return { name: known, maximum: Number(count ?? 0) };
}

/** Limits of `run` and `update`. */
export const LIMIT_FLAGS = {
  'blkio-weight': flag.number('int', 'Weight for reading and writing blocks: 10 to 1000'),
  cpus: flag.number('decimal', 'Most CPU time, in CPUs'),
  'cpu-period': flag.number('int', 'Microseconds in which cpu-quota may be used'),
  'cpu-quota': flag.number('int', 'Microseconds of CPU time in each cpu-period'),
  'cpu-shares': flag.number('int', 'Weight of CPU time against others', 'c'),
  'cpuset-cpus': flag.text('string', 'CPUs to run on: "0-2,4"'),
  'cpuset-mems': flag.text('string', 'Memory nodes to use: "0-1"'),
  memory: flag.bytes('Most memory', 'm'),
  'memory-reservation': flag.bytes('Memory to keep when the machine runs short'),
  'memory-swap': flag.limit('Memory and swap together; -1: no limit', swapOf),
  'pids-limit': flag.number('int', 'Most processes; -1: no limit'),
};

function swapOf(text: string): number {
  if (text === '-1') return -1;
  const [, amount, unit = ''] = /^(\d+)([bkmgt]?)b?$/i.exec(text) ?? [];
  if (amount === undefined) throw new RangeError('invalid size');
  return Number(amount) * 1024 ** 'bkmgt'.indexOf(unit.toLowerCase() || 'b');
}

/** Flags of `run` and `create`. */
export const CREATE_FLAGS = {
  ...CREATE_REFUSED,
  ...LIMIT_FLAGS,
  'add-host': flag.list('list', 'A line for /etc/hosts: "host:ip"'),
  annotation: flag.list('list', 'A note on the container: "key=value"'),
  attach: flag.list('list', 'Attach to stdin, stdout or stderr', 'a'),
  'cap-add': flag.list('list', 'A capability to have besides the usual ones'),
  'cap-drop': flag.list('list', 'A capability to do without, or ALL'),
  'cgroup-parent': flag.text('string', 'Where in the tree of control groups'),
  cgroupns: flag.choice(['host', 'private'], 'Namespace of control groups: host or private'),
  cidfile: flag.text('string', 'A file for the container ID'),
  device: flag.list('list', 'A device of this machine: "host[:container[:rwm]]"'),
  'device-cgroup-rule': flag.list('list', 'Devices that it may use: "c 42:* rmw"'),
  dns: flag.list('list', 'A name server'),
  'dns-option': flag.list('list', 'An option for name servers'),
  'dns-search': flag.list('list', 'A domain to look names up in'),
  domainname: flag.text('string', 'Domain name inside'),
  entrypoint: flag.text('string', "Instead of the image's ENTRYPOINT"),
  env: flag.list('list', 'A variable; without "=value" the caller\'s', 'e'),
  'env-file': flag.list('list', 'A file of variables, one a line'),
  expose: flag.list('list', 'A port that it listens on: "80[/udp]"'),
  'group-add': flag.list('list', 'A further group'),
  'health-cmd': flag.text('string', 'Command that checks its health'),
  'health-interval': flag.duration('Time between two checks'),
  'health-retries': flag.number('int', 'Failures in a row that make it unhealthy'),
  'health-start-interval': flag.duration('Time between checks while it starts'),
  'health-start-period': flag.duration('Time that it may take to start'),
  'health-timeout': flag.duration('Time that a check may take'),
  hostname: flag.text('string', 'Host name inside', 'h'),
  init: flag.toggle('A small init in front of the command'),
  interactive: flag.toggle('Hand standard input on', 'i'),
  ip: flag.text('string', 'Its IPv4 address'),
  ip6: flag.text('string', 'Its IPv6 address'),
  ipc: flag.text('string', 'Namespace of IPC: private, host or container:NAME'),
  label: flag.list('list', 'A label for the container', 'l'),
  'label-file': flag.list('list', 'A file of labels, one a line'),
  'log-driver': flag.text('string', 'How output is kept: json-file, local or none'),
  'log-opt': flag.list('list', 'An option for the log: "max-size=10m"'),
  'mac-address': flag.text('string', 'Its hardware address'),
  'memory-swappiness': flag.number(
    'int',
    'How readily memory is swapped out: 0 to 100; -1: as usual',
  ),
  mount: flag.list('mount', 'Something to mount: "type=bind,source=/a,target=/b"'),
  name: flag.text('string', "The container's name"),
  network: flag.list('network', 'The network: default, host, none, container:NAME or a name'),
  'network-alias': flag.list('list', 'A further name on its network'),
  'no-healthcheck': flag.toggle("Without the image's HEALTHCHECK"),
  'oom-kill-disable': flag.toggle('Wait for memory instead of being killed'),
  'oom-score-adj': flag.number('int', 'Preference when memory runs out: -1000 to 1000'),
  pid: flag.text('string', 'Namespace of processes: host or container:NAME'),
  platform: flag.text('string', 'Of an image for several platforms, the one to run'),
  privileged: flag.toggle('Without confinement'),
  publish: flag.list('list', 'A port of this machine: "[ip:][port:]port[/udp]"', 'p'),
  'publish-all': flag.toggle('Publish all exposed ports at free ones', 'P'),
  pull: flag.choice(
    ['always', 'missing', 'never'],
    'When to pull the image: always, missing or never (default: missing)',
  ),
  quiet: flag.toggle('Say nothing about pulling', 'q'),
  'read-only': flag.toggle('Make the root file system read-only'),
  record: flag.toggle('Write down what is typed: commit makes a Dockerfile of it'),
  'require-signature': flag.list(
    'file',
    'A public key or certificates that it must be signed with',
  ),
  restart: flag.text(
    'string',
    'When to start it again: no, always, unless-stopped, on-failure[:N]',
  ),
  rm: flag.toggle('Remove the container when it has ended'),
  'security-opt': flag.list('list', 'Security options: no-new-privileges, seccomp=FILE'),
  'shm-size': flag.bytes('Size of /dev/shm'),
  'stop-signal': flag.text('string', 'The signal that asks it to end'),
  'stop-timeout': flag.number('int', 'Seconds until a stop kills it'),
  sysctl: flag.list('list', 'A kernel setting of its namespaces: "key=value"'),
  tmpfs: flag.list('list', 'A directory in memory: "path[:options]"'),
  tty: flag.toggle('Give it a terminal', 't'),
  ulimit: flag.list('ulimit', 'A resource limit: "nofile=1024:2048"'),
  user: flag.text('string', 'Who runs it: "name|uid[:group|gid]"', 'u'),
  userns: flag.choice(['', 'host'], "Namespace of users: the machine's own, host"),
  uts: flag.choice(['', 'host'], 'Namespace of host names: host'),
  volume: flag.list('list', 'A directory of this machine, or a volume: "source:target[:ro]"', 'v'),
  'volume-driver': flag.text('string', 'Driver of new volumes: local'),
  'volumes-from': flag.list('list', 'The volumes of another container: "name[:ro]"'),
  workdir: flag.text('string', 'Working directory inside', 'w'),
};
