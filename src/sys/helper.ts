import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import type { Bytes } from '../base/bytes.ts';
import { HelperFailedError, HelperMissingError } from './errors.ts';

/** Where programs of the host are looked for: never the PATH, and never inside an image. */
const PLACES = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
const STDERR_LIMIT = 4096;

/** The absolute path of a program of the host; undefined when it is not installed. */
export function helperPath(program: string): string | undefined {
  return PLACES.map((place) => `${place}/${program}`).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Streams bytes through a program of the host, which gets an empty environment. It is killed
 * when the consumer stops early or the input fails. Throws HelperMissingError and
 * HelperFailedError.
 */
export async function* throughHelper(
  program: string,
  args: readonly string[],
  input: Bytes,
): AsyncGenerator<Uint8Array, void> {
  const path = helperPath(program);
  if (path === undefined) throw new HelperMissingError(program);
  const child = spawn(path, args, { env: {}, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(`cannot be started (${error.message})`));
    child.once('close', (code, signal) =>
      resolve(code === 0 ? undefined : `ended with ${signal ?? `exit code ${code}`}`),
    );
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (said.length < STDERR_LIMIT) said += chunk.toString();
  });
  // The program may end before it has read all; its exit code says what that means.
  child.stdin.on('error', () => {});
  const fed = feed(input, child.stdin).then(
    () => undefined,
    (error: unknown) => {
      child.kill('SIGKILL');
      return { error };
    },
  );
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    const how = await ended;
    const failed = how === undefined ? undefined : new HelperFailedError(program, how, said);
    // Its input may wait for somebody who will never read again: only a program that went well has read it all.
    const broken = failed ? await Promise.race([fed, Promise.resolve(undefined)]) : await fed;
    if (broken) throw broken.error;
    if (failed) throw failed;
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

async function feed(input: Bytes, stdin: NodeJS.WritableStream): Promise<void> {
  for await (const chunk of input) {
    if (!stdin.writable) break;
    if (!stdin.write(chunk)) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          stdin.off('drain', done).off('close', done).off('error', done);
          resolve();
        };
        stdin.on('drain', done).on('close', done).on('error', done);
      });
    }
  }
  stdin.end();
}

/** Undoes the compressions that Node cannot, by the host's own programs. */
export function externalDecompressor(format: 'bzip2' | 'xz', bytes: Bytes): Bytes {
  // An xz file may ask for gigabytes of memory.
  return throughHelper(format, format === 'xz' ? ['-dcM', '1GiB'] : ['-dc'], bytes);
}

/** How a program that was asked one thing ended. */
export interface Answer {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const ANSWER_LIMIT = 1024 * 1024;

/**
 * Asks a program one thing and reads its whole answer, 1 MiB at most. It is killed after
 * `timeout` milliseconds; `code` is undefined then. Throws HelperFailedError when it cannot be
 * started.
 */
export async function askProgram(
  path: string,
  args: readonly string[],
  options: {
    readonly input: string;
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly timeout: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Answer> {
  const { input, environment, timeout, signal } = options;
  const child = spawn(path, args, {
    env: environment,
    cwd: '/',
    stdio: 'pipe',
    timeout,
    killSignal: 'SIGKILL',
  });
  const stop = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      if (said[name].length < ANSWER_LIMIT) said[name] += chunk.toString();
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  try {
    const code = await new Promise<number | undefined>((resolve, reject) => {
      child.once('error', (error) =>
        reject(new HelperFailedError(path, 'cannot be started', error.message)),
      );
      child.once('close', (status) => resolve(status ?? undefined));
    });
    signal?.throwIfAborted();
    return { code, ...said };
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
