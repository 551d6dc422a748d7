import type { Socket } from 'node:net';
import { chownSync, chmodSync, closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { SshReader, sshString } from './wire.ts';
import type { SshKey } from './private-key.ts';

const FAILURE = 5;
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
const EXTENSION = 27;
/** Longer messages are nobody's; OpenSSH draws the line here too. */
const MESSAGE_LIMIT = 256 * 1024;
/** What a build may ask of an agent: to list keys and to sign. Nothing that changes it. */
const HARMLESS = new Set([REQUEST_IDENTITIES, SIGN_REQUEST, EXTENSION]);

/** What stands behind a socket: keys of our own, or the socket of an agent. */
export type AgentSource = { readonly keys: readonly SshKey[] } | { readonly socket: string };

/** How the socket looks. */
export interface SocketLooks {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Listens on a socket `agent` in `directory` and answers as an agent does, with nothing but
 * lists and signatures. Leaving the scope ends it and all connections.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-sshm-ssh-agent
 */
export async function serveAgent(
  directory: string,
  source: AgentSource,
  looks: SocketLooks,
): Promise<AsyncDisposable & { readonly path: string }> {
  const net = process.getBuiltinModule('node:net');
  const open = new Set<Socket>();
  const server = net.createServer((client) => {
    open.add(client);
    client.on('close', () => open.delete(client));
    client.on('error', () => client.destroy());
    if ('keys' in source) serve(client, (message) => Promise.resolve(answer(message, source.keys)));
    else serve(client, forwarder(net.connect(source.socket), client));
  });
  const path = join(directory, 'agent');
  // The address of a socket is short, a path in the store need not be.
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(`/proc/self/fd/${fd}/agent`, resolve);
    });
    chownSync(path, looks.uid, looks.gid);
    chmodSync(path, looks.mode & 0o7777);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      closeSync(fd);
    },
  };
}

/** Answers the messages of a client one by one. */
function serve(client: Socket, reply: (message: Buffer) => Promise<Buffer>): void {
  let turn = Promise.resolve();
  eachMessage(client, (message) => {
    turn = turn
      .then(async () => {
        const allowed = HARMLESS.has(message[0] ?? 0);
        client.write(sshString(allowed ? await reply(message) : Buffer.from([FAILURE])));
      })
      .catch(() => void client.destroy());
  });
}

/** Passes messages on to an agent, whose answers come in the order of the questions. */
function forwarder(agent: Socket, client: Socket): (message: Buffer) => Promise<Buffer> {
  const waiting: ((answer: Buffer) => void)[] = [];
  eachMessage(agent, (message) => waiting.shift()?.(message));
  agent.on('error', () => client.destroy());
  agent.on('close', () => client.destroy());
  client.on('close', () => agent.destroy());
  return (message) =>
    new Promise((resolve) => {
      waiting.push(resolve);
      agent.write(sshString(message));
    });
}

function eachMessage(socket: Socket, take: (message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 4) {
      const length = rest.readUInt32BE(0);
      if (length === 0 || length > MESSAGE_LIMIT) return void socket.destroy();
      if (rest.length < 4 + length) return undefined;
      take(rest.subarray(4, 4 + length));
      rest = rest.subarray(4 + length);
    }
    return undefined;
  });
}

function answer(message: Buffer, keys: readonly SshKey[]): Buffer {
  if (message[0] === REQUEST_IDENTITIES) {
    const count = Buffer.alloc(5);
    count[0] = IDENTITIES_ANSWER;
    count.writeUInt32BE(keys.length, 1);
    return Buffer.concat([
      count,
      ...keys.flatMap(({ blob, comment }) => [sshString(blob), sshString(comment)]),
    ]);
  }
  if (message[0] !== SIGN_REQUEST) return Buffer.from([FAILURE]);
  const reader = new SshReader(message.subarray(1));
  const [blob, data, flags] = [reader.string(), reader.string(), reader.uint32()];
  const key = keys.find((one) => one.blob.equals(blob));
  if (!key) return Buffer.from([FAILURE]);
  return Buffer.concat([Buffer.from([SIGN_RESPONSE]), sshString(key.sign(data, flags))]);
}
