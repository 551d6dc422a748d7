import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What a request brought. */
export interface Answer {
  readonly status: number;
  readonly headers: string;
  /** Bytes of the body, which is thrown away. */
  readonly length: number;
}

const END = '\r\n\r\n';

/**
 * One connection that is kept, with as little work per request as possible: client and server
 * share the machine's processors.
 */
export class Connection implements Disposable {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #authorization: string;
  #answer: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;
  #head = '';
  #left = -1;
  #length = 0;

  private constructor(socket: Socket, host: string, authorization: string | undefined) {
    this.#socket = socket;
    this.#host = host;
    this.#authorization = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`;
    socket.on('data', (data) => this.#take(data));
    socket.on('error', (error) => this.#answer?.reject(error));
    socket.on('close', () => this.#answer?.reject(new Error('the connection was closed')));
  }

  static async open(address: string, authorization?: string): Promise<Connection> {
    const [host = '', port = ''] = address.split(':');
    const socket = connect(Number(port), host);
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return new Connection(socket, address, authorization);
  }

  /** Sends one request; the next may go when it was answered. */
  async send(method: string, path: string, body?: Uint8Array, type?: string): Promise<Answer> {
    const head = `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n${this.#authorization}${
      type === undefined ? '' : `Content-Type: ${type}\r\n`
    }Content-Length: ${body?.length ?? 0}${END}`;
    const answer = new Promise<Answer>((resolve, reject) => (this.#answer = { resolve, reject }));
    this.#socket.cork();
    this.#socket.write(head, 'latin1');
    if (body) this.#socket.write(body);
    this.#socket.uncork();
    return answer;
  }

  #take(data: Buffer): void {
    let rest = data.length;
    if (this.#left === -1) {
      const before = this.#head.length;
      this.#head += data.toString('latin1');
      const end = this.#head.indexOf(END);
      if (end === -1) return;
      rest = data.length - (end + END.length - before);
      this.#head = this.#head.slice(0, end);
      const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head)?.[1];
      this.#length = length === undefined ? 0 : Number(length);
      this.#left = this.#length;
    }
    this.#left -= rest;
    if (this.#left > 0) return;
    const answer = {
      status: Number(this.#head.slice(9, 12)),
      headers: this.#head,
      length: this.#length,
    };
    this.#head = '';
    this.#left = -1;
    const waiting = this.#answer;
    this.#answer = undefined;
    waiting?.resolve(answer);
  }

  [Symbol.dispose](): void {
    this.#answer = undefined;
    this.#socket.destroy();
  }
}

/** Where an upload that was begun goes on: a path with a question mark at its end. */
export function uploadPath(answer: Answer): string {
  const [, location = ''] = /\r\nlocation: *(\S+)/i.exec(answer.headers) ?? [];
  const path = location.startsWith('/') ? location : location.replace(/^https?:\/\/[^/]+/, '');
  return `${path}${path.includes('?') ? '&' : '?'}`;
}
