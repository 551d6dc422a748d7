import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { makeNode } from '../sys/node.ts';

/**
 * A pipe for the output of a child. The pipes that Node makes are sockets, through which
 * `/dev/stdout` and `/dev/stderr` cannot be opened; programs in containers do that a lot.
 */
export interface OutputPipe extends Disposable {
  /** To give to the child; {@link OutputPipe.start} closes it here. */
  readonly write: number;
  /** Passes on what comes, until the last process that can write has closed its end. */
  start(take: (chunk: Uint8Array) => void): Promise<void>;
}

/** Makes a pipe. `path` is where its name exists for a moment. */
export function outputPipe(path: string): OutputPipe {
  makeNode(path, 'fifo', 0o600);
  let read: number | undefined = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let write: number | undefined = openSync(path, constants.O_WRONLY);
  unlinkSync(path);
  const closeWrite = (): void => {
    if (write !== undefined) closeSync(write);
    write = undefined;
  };
  return {
    write,
    start(take) {
      closeWrite();
      // Dear to load, so not before something runs.
      const { Socket } = process.getBuiltinModule('node:net');
      const socket = new Socket({ fd: read as number, readable: true, writable: false });
      read = undefined;
      return new Promise((resolve, reject) => {
        socket.on('data', take);
        socket.on('error', reject);
        socket.on('close', () => resolve());
      });
    },
    [Symbol.dispose]() {
      closeWrite();
      if (read !== undefined) closeSync(read);
      read = undefined;
    },
  };
}
