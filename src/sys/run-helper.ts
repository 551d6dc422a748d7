import { spawn } from 'node:child_process';
import { isErrno } from '../base/errors.ts';
import { HelperFailedError, HelperMissingError } from './errors.ts';
import { helperPath } from './helper.ts';

const STDERR_LIMIT = 4096;

/** How {@link runHelper} starts a program. */
export interface HelperOptions {
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of its standard output that are taken; 4 MiB unless given. */
  readonly limit?: number;
  /** Given to it as its standard input; there is none without it. */
  readonly input?: string;
}

/** How a program ended. */
export interface HelperEnd {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: Buffer;
  /** The beginning of what it complained about. */
  readonly stderr: string;
}

/**
 * Runs a program of the host to its end. It is killed with all that it started
 * when `signal` aborts or when it says too much. Throws HelperMissingError, the signal's
 * reason, and HelperFailedError when it cannot be started or says too much.
 */
export async function runHelper(
  program: string,
  args: readonly string[],
  options: HelperOptions,
): Promise<HelperEnd> {
  const path = helperPath(program);
  if (path === undefined) throw new HelperMissingError(program);
  const { env, cwd, signal, input, limit = 4 * 1024 * 1024 } = options;
  signal?.throwIfAborted();
  // A process group of its own: such programs start others, which must end with them.
  const child = spawn(path, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  // It may end before it has read all; its exit code says what that means.
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  const { pid } = child;
  const stop = (): void => {
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if (!isErrno(error, 'ESRCH')) throw error;
    }
  };
  const chunks: Buffer[] = [];
  let size = 0;
  let stderr = '';
  let failure: string | undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if ((size += chunk.length) <= limit) return;
    failure = `said more than ${limit} bytes`;
    stop();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < STDERR_LIMIT) stderr += chunk.toString();
  });
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const code = await new Promise<number | null>((resolve) => {
      child.once('error', (error) => {
        failure = `cannot be started (${error.message})`;
        resolve(null);
      });
      child.once('close', resolve);
    });
    signal?.throwIfAborted();
    if (failure !== undefined) throw new HelperFailedError(program, failure, '');
    return { code: code ?? undefined, stdout: Buffer.concat(chunks), stderr };
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
