import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../base/errors.ts';
import { writeAll } from '../sys/write-all.ts';

/** A terminal's size, in characters. */
export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** Tells the process of a bundle how large its terminal is. Nothing happens when it has ended. */
export function resizeTerminal(bundle: string, { rows, columns }: TerminalSize): void {
  try {
    const fd = openSync(join(bundle, 'ctl'), constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      writeAll(fd, Buffer.from(`1 ${rows} ${columns}\n`));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENXIO', 'EPIPE', 'EAGAIN')) throw error;
  }
}
