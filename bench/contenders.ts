import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A tool in the race. All are started through nsenter, so that its millisecond is in everybody's time. */
export interface Contender {
  readonly name: string;
  /** The whole command line for stave's or Docker's arguments. */
  command(args: readonly string[]): string[];
  /** What this tool's `build` needs besides. */
  readonly buildFlags: readonly string[];
  readonly runFlags: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Processes that belong to it and are not children of the command. */
  readonly daemons: readonly number[];
}

export interface Race extends Disposable {
  readonly contenders: readonly Contender[];
}

/** Runs to the end and gives its output; throws with what it said when it fails. */
export function must(argv: readonly string[], env: NodeJS.ProcessEnv): string {
  const [program = '', ...rest] = argv;
  const done = spawnSync(program, rest, { env, encoding: 'utf8', cwd: '/' });
  if (done.status !== 0) throw new Error(`${argv.join(' ')}: ${done.stderr || String(done.error)}`);
  return done.stdout;
}

/** Podman's own limits are higher than a small machine may give. */
const LIMITS = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096'];

const SEARCH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A process that keeps the peers' mount namespace open, with the cgroup mount hidden that crun refuses. */
function hold(peers: string): Promise<{ pid: number; end: () => void }> {
  const script = 'umount /sys/fs/cgroup/unified 2>/dev/null; echo $$; exec sleep infinity';
  const child = spawn(peers, ['exec', 'sh', '-c', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.stdout.once('data', (data: Buffer) => {
      resolve({ pid: Number(data.toString()), end: () => void child.kill() });
    });
  });
}

/** What no program on Node can be faster than; takes part where only the start counts. */
export function emptyNode(work: string): Contender {
  const script = join(work, 'empty.mjs');
  writeFileSync(script, '');
  return {
    name: 'empty Node',
    command: () => ['nsenter', '--mount=/proc/self/ns/mnt', process.execPath, script],
    buildFlags: [],
    runFlags: [],
    env: process.env,
    daemons: [],
  };
}

/** Starts a daemon of Docker's with everything of its own in `state`. */
function dockerd(
  peers: string,
  state: string,
  store: 'classic' | 'containerd',
): { readonly host: string; readonly pid: number; readonly stop: () => void } {
  const env = { ...process.env, STAVE_PEERS_STATE: state, STAVE_PEERS_STORE: store };
  const host = must([peers, 'dockerd', 'start'], env).trim().replace('DOCKER_HOST=', '');
  const pid = Number(must(['cat', join(state, 'dockerd/session')], env));
  return { host, pid, stop: () => void must([peers, 'dockerd', 'stop'], env) };
}

/** Starts what the race needs: two Docker daemons and podman's namespace. Everything of theirs lies in `work`. */
export async function openRace(top: string, work: string): Promise<Race> {
  const peers = join(top, 'scripts/peers.sh');
  must([peers, 'install'], process.env);
  const classic = dockerd(peers, join(work, 'peers'), 'classic');
  const containerd = dockerd(peers, join(work, 'peers-containerd'), 'containerd');
  const holder = await hold(peers);
  const enter = ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`];
  const storage = (name: string): string[] => [
    '--root',
    join(work, name),
    '--runroot',
    join(work, `${name}-run`),
  ];
  const peerEnv = { PATH: SEARCH, HOME: '/root', PODMAN_IGNORE_CGROUPSV1_WARNING: '1' };
  const docker = (name: string, { host, pid }: ReturnType<typeof dockerd>): Contender => ({
    name,
    command: (args) => [...enter, 'docker', ...args],
    buildFlags: [],
    runFlags: [],
    env: { ...peerEnv, DOCKER_HOST: host },
    daemons: [pid],
  });
  return {
    contenders: [
      {
        name: 'stave',
        command: (args) => [
          'nsenter',
          '--mount=/proc/self/ns/mnt',
          join(top, 'bin/stave'),
          '--root',
          join(work, 'stave'),
          ...args,
        ],
        buildFlags: [],
        runFlags: [],
        env: process.env,
        daemons: [],
      },
      docker('docker', classic),
      docker('docker, containerd store', containerd),
      {
        name: 'podman',
        command: (args) => [
          ...enter,
          'podman',
          ...storage('podman'),
          '--cgroup-manager',
          'cgroupfs',
          ...args,
        ],
        buildFlags: [...LIMITS, '--format', 'docker'],
        runFlags: LIMITS,
        env: peerEnv,
        daemons: [],
      },
      {
        name: 'buildah',
        // What is not a build is podman's on the same storage: buildah has other words for it.
        command: (args) => [
          ...enter,
          ...(args[0] === 'build' ? ['buildah'] : ['podman', '--cgroup-manager', 'cgroupfs']),
          ...storage('buildah'),
          ...args,
        ],
        buildFlags: [...LIMITS, '--layers', '--format', 'docker'],
        runFlags: LIMITS,
        env: peerEnv,
        daemons: [],
      },
    ],
    [Symbol.dispose]() {
      holder.end();
      containerd.stop();
      classic.stop();
    },
  };
}
