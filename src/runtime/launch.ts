import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { ExitStatus, ProcessIo } from './executor.ts';
import { outputPipe, type OutputPipe } from './pipe.ts';
import { childrenOf } from './process-identity.ts';

/** How to start a program together with everything that must die with it. */
export interface Launch {
  /** Program and arguments, absolute. */
  readonly argv: readonly string[];
  readonly io: ProcessIo;
  /** The descriptor to hand on as stdin; nothing can be read without it. */
  readonly stdin?: number | undefined;
  /** The program drives this process's terminal. */
  readonly terminal?: boolean;
  /** A directory of this launch alone. */
  readonly scratch: string;
  /** A file to be open in the program as descriptor 3; or `door`, for a pipe from here. */
  readonly input?: number | 'door';
  readonly signal?: AbortSignal | undefined;
  /** Called with the process whose death ends everything. */
  readonly started?: ((pid: number) => void) | undefined;
}

/**
 * Goes before a program so that it is killed when this process dies, however that happens.
 * The kernel sends the signal on the death of the parent, so a parent that died before the
 * request was made is looked for afterwards.
 */
const DIE_TOGETHER = ['/usr/bin/setpriv', '--pdeathsig', 'KILL'];
const CHECK_PARENT = ['/bin/sh', '-c', '[ "$PPID" = "$0" ] && exec "$@"'];

/**
 * Goes before a runtime so that its death is the death of all it started: the runtime becomes
 * the first process of a process namespace. (A killed crun or runc leaves its container
 * running otherwise.)
 */
export const OWN_PROCESSES: readonly string[] = [
  '/usr/bin/unshare',
  '--pid',
  '--fork',
  '--kill-child=KILL',
  '--mount-proc',
  '--propagation',
  'slave',
];

/** Goes before a program so that what it mounts is its own. */
export const OWN_MOUNTS: readonly string[] = [
  '/usr/bin/unshare',
  '--mount',
  '--propagation',
  'slave',
];

const FORWARDED: readonly NodeJS.Signals[] = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGCONT',
];
const GRACE = 1000;

/** A program that was started. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<ExitStatus>;
  readonly outputs: readonly OutputPipe[];
  /** What `input: 'door'` asked for. */
  readonly door?: Socket;
}

/**
 * Runs a program to its end. With `io` `inherit` and without a terminal, signals that this
 * process gets meanwhile go to the process in the container instead. Throws the reason of
 * `signal` once everything is dead after an abort.
 */
export async function launch(options: Launch): Promise<ExitStatus> {
  options.signal?.throwIfAborted();
  return follow(start(options), options);
}

/** Starts a program; it is to be handed to {@link follow}. */
export function start(
  options: Pick<Launch, 'argv' | 'io' | 'stdin' | 'terminal' | 'scratch' | 'input'>,
): Started {
  const { argv, io, scratch, input } = options;
  const [program = '', ...args] = [...DIE_TOGETHER, ...CHECK_PARENT, String(process.pid), ...argv];
  using scope = new DisposableStack();
  const outputs =
    io === 'inherit'
      ? []
      : ['stdout', 'stderr'].map((name) => scope.use(outputPipe(join(scratch, name))));
  const child = spawn(program, args, {
    cwd: '/',
    env: {},
    // Its own session, so that a terminal's signals come to us alone and are passed on once.
    detached: options.terminal !== true,
    stdio: [
      options.stdin ?? 'ignore',
      outputs[0]?.write ?? 1,
      outputs[1]?.write ?? 2,
      ...(input === undefined ? [] : [input === 'door' ? ('pipe' as const) : input]),
    ],
  });
  const ended = endOf(child);
  scope.move();
  // None of its pipes is there when it could not be started; `ended` says why.
  const { stdio } = child as { readonly stdio?: readonly unknown[] };
  const door = stdio?.[3] as Socket | null | undefined;
  return { child, ended, outputs, ...(door && { door }) };
}

/** Sees a program to its end; see {@link launch}. */
export async function follow(
  { child, ended, outputs }: Started,
  { io, signal, started, terminal }: Pick<Launch, 'io' | 'signal' | 'started' | 'terminal'>,
): Promise<ExitStatus> {
  using scope = new DisposableStack();
  for (const output of outputs) scope.use(output);
  const said =
    io === 'inherit'
      ? []
      : [outputs[0]?.start((c) => io.stdout(c)), outputs[1]?.start((c) => io.stderr(c))];
  if (child.pid !== undefined) {
    started?.(child.pid);
    scope.use(killOnAbort(child.pid, signal));
    if (io === 'inherit') scope.use(forwardSignals(child.pid, terminal === true));
  }
  const [status] = await Promise.all([ended, ...said]);
  signal?.throwIfAborted();
  return status;
}

function endOf(child: ChildProcess): Promise<ExitStatus> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal === null ? { code: code ?? 1 } : { signal }));
  });
}

/** The process in the container, once there is one: unshare, the runtime, and then it. */
function containerProcess(pid: number): number | undefined {
  const [runtime] = childrenOf(pid);
  return runtime === undefined ? undefined : childrenOf(runtime)[0];
}

/**
 * Kills the process in the container, and with it all others there: the runtime then tidies
 * up, puts the terminal in order and ends. A runtime that does not is killed by `insist`; the
 * kernel lets it go only when everything it started is dead, so nothing runs any more when
 * `pid` ends.
 */
export function killTree(pid: number, insist = false): void {
  const [runtime] = childrenOf(pid);
  send((insist ? undefined : containerProcess(pid)) ?? runtime ?? pid, 'SIGKILL');
}

function killOnAbort(pid: number, signal: AbortSignal | undefined): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const kill = (): void => {
    killTree(pid);
    timer = setInterval(() => killTree(pid, true), GRACE);
  };
  signal?.addEventListener('abort', kill, { once: true });
  return {
    [Symbol.dispose]() {
      signal?.removeEventListener('abort', kill);
      clearInterval(timer);
    },
  };
}

/** Takes the signals over from whoever listens in this process, until the run has ended. */
function forwardSignals(pid: number, terminal: boolean): Disposable {
  const names = terminal ? (['SIGTERM', 'SIGHUP'] as const) : FORWARDED;
  const taken = names.map((name) => {
    const before = process.listeners(name);
    const handler = (): void => {
      // A terminal sends its signals through the runtime; what comes from elsewhere is meant for us.
      if (terminal) killTree(pid);
      else passOn(pid, name);
    };
    process.removeAllListeners(name);
    process.on(name, handler);
    return { name, before, handler };
  });
  return {
    [Symbol.dispose]() {
      for (const { name, before, handler } of taken) {
        process.off(name, handler);
        for (const listener of before) process.on(name, listener);
      }
    },
  };
}

function passOn(pid: number, name: NodeJS.Signals): void {
  const target = containerProcess(pid);
  if (target !== undefined) send(target, name);
  else if (childrenOf(pid).length > 0) setTimeout(() => passOn(pid, name), 20).unref();
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already, which is as good.
  }
}
