import { spawn } from 'node:child_process';
import { HelperMissingError } from './errors.ts';
import { helperPath } from './helper.ts';
import { inPrivateMounts } from './namespace.ts';

/**
 * Starts a program of the host that goes into the background by itself, and waits until it
 * has; its exit code, undefined when it was killed after `timeout` milliseconds. It sees the
 * machine's mounts, whatever this process has of its own: it would keep those otherwise.
 */
export async function startService(
  path: string,
  args: readonly string[],
  timeout: number,
): Promise<number | undefined> {
  const nsenter = inPrivateMounts() ? helperPath('nsenter') : undefined;
  const argv =
    nsenter === undefined ? [path, ...args] : [nsenter, '--mount=/proc/1/ns/mnt', path, ...args];
  const [program = path, ...rest] = argv;
  const child = spawn(program, rest, {
    env: {},
    cwd: '/',
    stdio: 'ignore',
    detached: true,
    timeout,
    killSignal: 'SIGKILL',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? undefined));
  });
}

/**
 * Starts a program of the host that nobody waits for: it goes on when this process has ended.
 * It gets `fd`, and keeps so what that stands for.
 */
export function leaveBehind(program: string, args: readonly string[], fd: number): void {
  const path = helperPath(program);
  if (path === undefined) throw new HelperMissingError(program);
  const child = spawn(path, args, {
    env: {},
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', fd],
    detached: true,
  });
  // Whoever comes next finds what it did not do.
  child.on('error', () => {});
  child.unref();
}

/** A program that stays until it is killed. */
export interface Service {
  readonly pid: number;
}

/**
 * Starts a program of the host that goes on when this process has ended, and waits until
 * `isReady`. It is killed when it is not within `timeout` milliseconds; the result is then how
 * it failed.
 */
export async function startAndWait(
  path: string,
  args: readonly string[],
  options: {
    readonly isReady: () => boolean;
    readonly timeout: number;
    /** It has this as descriptor 3. */
    readonly fd?: number;
  },
): Promise<Service | { readonly failure: string }> {
  const child = spawn(path, args, {
    env: {},
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', options.fd ?? 'ignore'],
    detached: true,
  });
  let ended: string | undefined;
  child.once('error', (error) => (ended = error.message));
  // Success is to have gone into the background.
  child.once('exit', (code, signal) => {
    if (code !== 0) ended = signal ?? `exit code ${code}`;
  });
  for (let waited = 0; waited < options.timeout; waited += PAUSE) {
    if (ended !== undefined) return { failure: `ended with ${ended}` };
    if (options.isReady()) {
      child.unref();
      return { pid: child.pid ?? 0 };
    }
    await new Promise((resolve) => {
      setTimeout(resolve, PAUSE);
    });
  }
  child.kill('SIGKILL');
  return { failure: `did nothing for ${options.timeout / 1000} seconds` };
}

const PAUSE = 10;
