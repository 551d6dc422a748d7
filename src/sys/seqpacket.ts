import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { ErrnoError } from './errors.ts';
import { native } from './native.ts';

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
const SHUT_WR = 1;
const SHUT_RDWR = 2;
/** What an address of a socket has room for. */
const PATH_ROOM = 108;

/**
 * Connects to a socket in the file system that keeps the borders of what is written. The path
 * may be of any length. Returns the descriptor, which the caller closes. Throws ErrnoError.
 */
export function connectSeqpacket(path: string): number {
  const c = native();
  const fd = c.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new ErrnoError(c.errno(), 'socket', path);
  // Named by its directory's descriptor, which is short.
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const address = Buffer.alloc(2 + PATH_ROOM);
    address.writeUInt16LE(AF_UNIX);
    address.write(`/proc/self/fd/${directory}/${basename(path)}`, 2);
    if (c.connect(fd, address, address.length) === 0) return fd;
    const errno = c.errno();
    closeSync(fd);
    throw new ErrnoError(errno, 'connect', path);
  } finally {
    closeSync(directory);
  }
}

/** Ends a conversation in both directions; whoever is reading sees its end. */
export function hangUp(fd: number): void {
  native().shutdown(fd, SHUT_RDWR);
}

/** Says that nothing more will be written. */
export function endOutgoing(fd: number): void {
  native().shutdown(fd, SHUT_WR);
}
