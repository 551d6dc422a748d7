import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A way to a server that counts what is sent over it, and can stop it half-way. */
export class TollGate implements AsyncDisposable {
  /** Bytes that went to the server. */
  sent = 0;
  /** Is asked before each piece goes on; a promise holds the sender up. */
  passes: () => Promise<void> | void = () => undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `port` is where the server is now. */
  static async open(port: () => number): Promise<TollGate> {
    const server = createServer();
    const gate = new TollGate(server);
    server.on('connection', (socket) => void gate.#carry(socket, port()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return gate;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #carry(socket: Socket, port: number): Promise<void> {
    const further = connect(port, '127.0.0.1');
    for (const one of [socket, further]) {
      this.#sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => (socket.destroy(), further.destroy(), this.#sockets.delete(one)));
    }
    further.pipe(socket);
    try {
      for await (const chunk of socket) {
        await this.passes();
        this.sent += (chunk as Buffer).length;
        if (!further.write(chunk as Buffer)) await once(further, 'drain');
      }
      further.end();
    } catch {
      // One of them is gone.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
