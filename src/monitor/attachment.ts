import { close, read, write } from 'node:fs';
import type { Socket } from 'node:net';
import { isErrno } from '../base/errors.ts';
import { connectSeqpacket, endOutgoing, hangUp } from '../sys/seqpacket.ts';
import { MonitorGoneError } from './errors.ts';

/** The largest piece that conmon takes at once. */
const PIECE = 8192;
/** What it sends is at most a piece and one byte. */
const PACKET = 65_536;
const STDERR = 3;

/** Where a container's output goes. With a terminal all of it is standard output. */
export interface OutputSink {
  stdout(chunk: Uint8Array): void;
  stderr(chunk: Uint8Array): void;
}

/** A connection to the streams of a running process. Leaving the scope leaves the process alone. */
export interface Attachment extends Disposable {
  /** Resolves when there is nothing more to be had: the process has ended, or this was closed. */
  readonly ended: Promise<void>;
  /** Resolves when it can take more. What is sent to a process that has ended is lost. */
  send(chunk: Uint8Array): Promise<void>;
  /** Its standard input ends. */
  endInput(): void;
}

/** Connects to a process whose monitor listens at `path`. Throws MonitorGoneError. */
export function attachTo(path: string, sink: OutputSink): Attachment {
  let fd: number;
  try {
    fd = connectSeqpacket(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ECONNREFUSED')) throw error;
    throw new MonitorGoneError('nobody watches this container any more');
  }
  const take = (packet: Uint8Array): void => {
    // The first byte tells the stream; zeros are no output.
    if (packet.length < 2) return;
    const data = packet.subarray(1);
    if (packet[0] === STDERR) sink.stderr(data);
    else sink.stdout(data);
  };
  const socket = packetSocket(fd);
  return socket ? overSocket(socket, take) : overFile(fd, take);
}

/**
 * A socket of Node's on a descriptor that it would not take by itself, since it does not know
 * the type: only the handle, which is not documented, can be told. Undefined where that fails.
 */
function packetSocket(fd: number): Socket | undefined {
  const net = process.getBuiltinModule('node:net');
  try {
    const probe = net.connect({ path: '/nonexistent' });
    probe.on('error', () => undefined);
    const { _handle: like } = probe as unknown as { readonly _handle: object };
    probe.destroy();
    const Pipe = like.constructor as new (kind: number) => { open(fd: number): number | undefined };
    const handle = new Pipe(0);
    const failed = handle.open(fd);
    if (failed !== undefined && failed !== 0) return undefined;
    const options = { handle, readable: true, writable: true, allowHalfOpen: true };
    return new net.Socket(options as unknown as ConstructorParameters<typeof Socket>[0]);
  } catch {
    return undefined;
  }
}

function overSocket(socket: Socket, take: (packet: Uint8Array) => void): Attachment {
  socket.on('data', take);
  // Conmon may end first; that is an end like any other.
  socket.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve).once('close', () => resolve());
  });
  return {
    ended,
    async send(chunk) {
      for (const piece of pieces(chunk)) {
        await new Promise<void>((resolve) => {
          if (socket.destroyed || socket.writableEnded) resolve();
          else socket.write(piece, () => resolve());
        });
      }
    },
    endInput: () => void socket.end(),
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** By plain reading and writing, which takes one of Node's threads as long as it lasts. */
function overFile(fd: number, take: (packet: Uint8Array) => void): Attachment {
  const buffer = Buffer.alloc(PACKET);
  let open = true;
  const ended = new Promise<void>((resolve) => {
    const next = (): void => {
      read(fd, buffer, 0, PACKET, null, (error, length) => {
        if (error === null && length > 0) {
          take(Buffer.from(buffer.subarray(0, length)));
          next();
        } else {
          open = false;
          close(fd, () => resolve());
        }
      });
    };
    next();
  });
  return {
    ended,
    async send(chunk) {
      for (const piece of pieces(chunk)) {
        await new Promise<void>((resolve) => {
          if (open) write(fd, piece, () => resolve());
          else resolve();
        });
      }
    },
    endInput() {
      if (open) endOutgoing(fd);
    },
    [Symbol.dispose]() {
      // Otherwise the thread that reads would keep this process from ending.
      if (open) hangUp(fd);
    },
  };
}

function* pieces(chunk: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < chunk.length; at += PIECE) yield chunk.subarray(at, at + PIECE);
}
