import { spawn, type ChildProcess } from 'node:child_process';
import {
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** A registry that takes part. */
export interface Contender {
  readonly name: string;
  /** Writes what it needs into `folder` and says how to start it on `address`. */
  readonly command: (folder: string, address: string) => readonly string[];
  /** `user:password`, where it asks for one. */
  readonly credentials?: string;
}

/** A registry that runs. */
export interface Server extends Disposable {
  readonly address: string;
  readonly child: ChildProcess;
  /** Values of the Authorization header, where one is asked for. */
  readonly authorization: string | undefined;
  /** Processor seconds that it and its children took so far. */
  cpu(): number;
  /** Its peak resident memory so far, in bytes. */
  peak(): number;
}

/** `alice` with `s3cret`, of the usual cost. */
const USERS = 'alice:$2y$10$SvoVHBVdCJX0Y1DdgJ.pHuJ0XVKQMOPkjnIi9Ww1d2G1/ABDLM7qW\n';
const TICKS = 100;
const START_LIMIT = 20_000;

/** Starts a contender with its data below `work`, which is emptied first, and waits until it answers. */
export async function start(contender: Contender, work: string, port: number): Promise<Server> {
  const folder = join(work, contender.name.replaceAll(/\W+/g, '-'));
  rmSync(folder, { recursive: true, force: true });
  return startAgain(contender, work, port);
}

/** The same with the data that lies there. */
export async function startAgain(
  contender: Contender,
  work: string,
  port: number,
): Promise<Server> {
  const folder = join(work, contender.name.replaceAll(/\W+/g, '-'));
  mkdirSync(folder, { recursive: true });
  const address = `127.0.0.1:${port}`;
  const [program = '', ...args] = contender.command(folder, address);
  const log = openSync(join(folder, 'log'), 'w');
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', log],
    detached: true,
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
  });
  const authorization =
    contender.credentials === undefined
      ? undefined
      : `Basic ${Buffer.from(contender.credentials).toString('base64')}`;
  const headers = authorization === undefined ? {} : { authorization };
  const since = Date.now();
  for (;;) {
    const answer = await fetch(`http://${address}/v2/`, { headers }).catch(() => undefined);
    if (answer?.status === 200) break;
    if (child.exitCode !== null || Date.now() - since > START_LIMIT) {
      throw new Error(
        `${contender.name} does not start (${answer?.status ?? 'no answer'}): ${folder}/log`,
      );
    }
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
  const pid = pidOn(port);
  return {
    address,
    child,
    authorization,
    cpu: () => cpuOf(pid),
    peak: () => peakOf(pid),
    [Symbol.dispose]: () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    },
  };
}

/** The process that listens: the child may only be its launcher. */
function pidOn(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const line = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .find((one) => one.includes(`0100007F:${hex} 00000000:0000 0A`));
  const inode = line?.trim().split(/\s+/)[9];
  const found = holderOf(`socket:[${inode ?? ''}]`);
  if (found === undefined) throw new Error(`nobody listens on port ${port}`);
  return found;
}

function holderOf(socket: string): number | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        if (readlinkSync(`/proc/${pid}/fd/${fd}`) === socket) return Number(pid);
      }
    } catch {
      // It ended meanwhile.
    }
  }
  return undefined;
}

function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function peakOf(pid: number): number {
  const [, kib = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

/** The registries on this machine: ours, the reference one, and a newer one where it is named. */
export function contenders(top: string): Contender[] {
  const stave = join(top, 'bin/stave');
  const newer = process.env['STAVE_BENCH_REGISTRY'];
  const config = (folder: string, address: string): string => {
    const file = join(folder, 'config.yml');
    const settings = {
      version: '0.1',
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
      http: { addr: address },
    };
    writeFileSync(file, JSON.stringify(settings));
    return file;
  };
  return [
    {
      name: 'stave',
      command: (folder, address) => [
        stave,
        'registry',
        'serve',
        '--addr',
        address,
        '--data',
        join(folder, 'data'),
      ],
    },
    {
      name: 'stave with users',
      credentials: 'alice:s3cret',
      command: (folder, address) => {
        writeFileSync(join(folder, 'users'), USERS);
        return [
          stave,
          'registry',
          'serve',
          '--addr',
          address,
          '--data',
          join(folder, 'data'),
          '--htpasswd',
          join(folder, 'users'),
          '--allow',
          'alice:**:all',
          '--allow',
          '*:public/**:pull',
        ];
      },
    },
    {
      name: 'docker-registry',
      command: (folder, address) => [
        join(top, 'scripts/peers.sh'),
        'exec',
        'docker-registry',
        'serve',
        config(folder, address),
      ],
    },
    ...(newer === undefined
      ? []
      : [
          {
            name: 'newer registry',
            command: (folder: string, address: string) => [newer, 'serve', config(folder, address)],
          },
        ]),
  ];
}
