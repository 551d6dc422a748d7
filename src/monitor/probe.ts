import { spawn } from 'node:child_process';
import { isErrno } from '../base/errors.ts';
import { pidIn } from './container.ts';

/** A process in a container that is soon done, and that this process waits for. */
export interface ProbeCall {
  /** The runtime: program and arguments before its verb. */
  readonly runtime: readonly string[];
  /** The container's. */
  readonly id: string;
  /** The process as the runtime takes it. */
  readonly processFile: string;
  /** Where the runtime writes the process's number. */
  readonly pidFile: string;
  /** Milliseconds until it is killed. */
  readonly timeout: number;
  /** So many bytes of what it says are kept. */
  readonly outputLimit: number;
}

/** How a probe ended. */
export interface ProbeEnd {
  readonly code: number;
  /** Both streams as they came. */
  readonly output: Buffer;
  readonly timedOut: boolean;
}

const KILLED = 137;

/** Runs a process in a container without a monitor; one that takes too long is killed. */
export async function probeCall(call: ProbeCall): Promise<ProbeEnd> {
  const [program = '', ...args] = call.runtime;
  const child = spawn(
    program,
    [...args, 'exec', '--process', call.processFile, '--pid-file', call.pidFile, call.id],
    { cwd: '/', env: {}, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const chunks: Buffer[] = [];
  let length = 0;
  const take = (chunk: Buffer): void => {
    const part = chunk.subarray(0, Math.max(0, call.outputLimit - length));
    length += part.length;
    if (part.length > 0) chunks.push(part);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killPid(pidIn(call.pidFile));
    killPid(child.pid === undefined ? undefined : -child.pid);
    // What it started may hold on to its streams.
    child.stdout.destroy();
    child.stderr.destroy();
  }, call.timeout);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { code: code ?? KILLED, output: Buffer.concat(chunks), timedOut };
  } finally {
    clearTimeout(timer);
  }
}

function killPid(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}
