import { fstatSync, writeSync } from 'node:fs';
import { DiskFullError, isErrno } from '../base/errors.ts';
import { OutputError } from './errors.ts';
import { visible } from './visible.ts';

/** A place for text: standard output or standard error. */
export interface Output {
  /** A person looks at it. */
  readonly terminal: boolean;
  /** Text as it is; on a terminal, control characters from outside are made visible. */
  write(text: string): void;
  /** Text and a line end. */
  line(text: string): void;
  /** Bytes, or text that carries our own control sequences, untouched. */
  raw(data: Uint8Array | string): void;
}

/** The reader of our output has gone; there is nothing to say, and nobody to say it to. */
export class BrokenPipe extends Error {}

/**
 * An output over a file descriptor. Writes are synchronous: nothing is lost when the process
 * exits, and a slow reader slows the writer. Building `process.stdout` would cost more than
 * most commands need altogether.
 */
export function descriptorOutput(fd: number): Output {
  let terminal: boolean | undefined;
  const output: Output = {
    get terminal() {
      return (terminal ??= isTerminal(fd));
    },
    write: (text) => writeAll(fd, Buffer.from(output.terminal ? visible(text) : text)),
    line: (text) => output.write(`${text}\n`),
    raw: (data) => writeAll(fd, typeof data === 'string' ? Buffer.from(data) : data),
  };
  return output;
}

/** True when the descriptor is a terminal. */
export function isTerminal(fd: number): boolean {
  try {
    const file = fstatSync(fd);
    // Node's tty module is dear; /dev/null and its sisters (major 1) need no asking.
    if (!file.isCharacterDevice() || ((file.rdev >> 8) & 0xfff) === 1) return false;
  } catch {
    return false;
  }
  return process.getBuiltinModule('node:tty').isatty(fd);
}

function writeAll(fd: number, data: Uint8Array): void {
  let at = 0;
  while (at < data.length) {
    try {
      at += writeSync(fd, data, at);
    } catch (error) {
      if (isErrno(error, 'EPIPE')) throw new BrokenPipe();
      // Nobody can be told that nobody can be told.
      if (fd === 2 && !isErrno(error, 'EAGAIN')) return;
      if (isErrno(error, 'ENOSPC', 'EDQUOT')) throw new DiskFullError('standard output', error);
      if (!isErrno(error, 'EAGAIN')) throw new OutputError(error);
      // A pipe that someone made non-blocking, and that is full.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
