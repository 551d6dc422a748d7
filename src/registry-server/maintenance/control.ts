import { chmodSync, closeSync, openSync, rmSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { StaveError } from '../../base/errors.ts';
import { RegistryDataError } from '../errors.ts';
import { isOrder, type Order, type OrderRows } from './orders.ts';

/** The longest order, in characters: rules may be many. */
const ORDER_LIMIT = 4 * 1024 * 1024;

/** One line of an answer. */
type Said =
  | { readonly row: unknown }
  | { readonly error: string; readonly hint?: string | undefined }
  | { readonly end: true };

/**
 * Takes orders at a socket, which only the registry's user may open. One line of JSON is an
 * order; the answer is a line for each row and one at its end.
 */
export async function openControl(
  path: string,
  carry: (order: Order, signal: AbortSignal) => AsyncIterable<unknown>,
): Promise<AsyncDisposable> {
  rmSync(path, { force: true });
  const open = new Set<Socket>();
  const running = new Set<Promise<void>>();
  const server = process.getBuiltinModule('node:net').createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
    const done = serve(socket, carry).finally(() => running.delete(done));
    running.add(done);
  });
  await atShortPath(path, (short) => listening(server, short));
  chmodSync(path, 0o600);
  return {
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await ended;
      await Promise.allSettled(running);
      rmSync(path, { force: true });
    },
  };
}

async function serve(
  socket: Socket,
  carry: (order: Order, signal: AbortSignal) => AsyncIterable<unknown>,
): Promise<void> {
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  const say = async (said: Said): Promise<void> => {
    if (socket.write(`${JSON.stringify(said)}\n`) || gone.signal.aborted) return;
    await new Promise<void>((resolve) => {
      socket.once('drain', resolve);
      gone.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  };
  try {
    const order = await readOrder(socket);
    for await (const row of carry(order, gone.signal)) {
      await say({ row });
      gone.signal.throwIfAborted();
    }
    await say({ end: true });
  } catch (error) {
    if (gone.signal.aborted) return;
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof StaveError ? error.hint : undefined;
    await say({ error: message, hint });
  }
  socket.end();
}

async function readOrder(socket: Socket): Promise<Order> {
  let text = '';
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    text += String(piece);
    if (text.includes('\n')) break;
    if (text.length > ORDER_LIMIT) throw new RegistryDataError('the order is too long');
  }
  let order: unknown;
  try {
    order = JSON.parse(text);
  } catch {
    order = undefined;
  }
  if (!isOrder(order)) throw new RegistryDataError('the registry does not know this order');
  return order;
}

/** True when a registry listens at a socket. */
export async function isListening(path: string): Promise<boolean> {
  const socket = await atShortPath(path, connected);
  socket?.destroy();
  return socket !== undefined;
}

/**
 * Gives an order to the registry that listens at a socket. Undefined when none does. Throws
 * RegistryDataError for what the registry refuses, and when it ends meanwhile.
 */
export async function sendOrder<O extends Order>(
  path: string,
  order: O,
  signal?: AbortSignal,
): Promise<AsyncIterable<OrderRows[O['order']]> | undefined> {
  const socket = await atShortPath(path, connected);
  if (!socket) return undefined;
  socket.write(`${JSON.stringify(order)}\n`);
  return rowsFrom(socket, signal) as AsyncIterable<OrderRows[O['order']]>;
}

async function* rowsFrom(socket: Socket, signal: AbortSignal | undefined): AsyncGenerator {
  const leave = (): void => {
    socket.destroy();
  };
  signal?.addEventListener('abort', leave, { once: true });
  try {
    for await (const line of createInterface({ input: socket })) {
      const said = JSON.parse(line) as Said;
      if ('end' in said) return;
      if ('error' in said) {
        const { error, hint } = said;
        throw new RegistryDataError(error, hint === undefined ? {} : { hint });
      }
      yield said.row;
    }
    signal?.throwIfAborted();
    throw new RegistryDataError('the registry ended before it had answered');
  } finally {
    signal?.removeEventListener('abort', leave);
    socket.destroy();
  }
}

/** Addresses of sockets are short, folders may be deep: the way goes through an open folder. */
async function atShortPath<T>(path: string, use: (short: string) => Promise<T>): Promise<T> {
  const fd = openSync(dirname(path), 'r');
  try {
    return await use(`/proc/self/fd/${fd}/${basename(path)}`);
  } finally {
    closeSync(fd);
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

function connected(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = process.getBuiltinModule('node:net').connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}
