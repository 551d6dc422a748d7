import {
  createServer,
  type IncomingMessage,
  request as open,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** What is done to one answer of a store. */
export type Fault =
  /** 500 without asking the store. */
  | 'error'
  /** 503 after the store has done what was asked. */
  | 'lost'
  /** The connection breaks in the middle of the body, or before any of it. */
  | 'cut'
  /** Without its last 30 bytes, and with a length that fits. */
  | 'short'
  /** Another entity tag. */
  | 'etag'
  /** Other bytes. */
  | 'lie';

/** Which fault meets a request, if any; asked once for each. */
export type Faults = (method: string, path: string) => Fault | undefined;

/** A way to a store on which things go wrong. */
export interface FaultyS3 extends AsyncDisposable {
  readonly endpoint: string;
  faults: Faults;
  /** How many faults there were. */
  count: number;
}

/** Opens one. Signatures stay good: what is signed is the name by which the store is called. */
export async function openFaultyS3(endpoint: string): Promise<FaultyS3> {
  const target = new URL(endpoint);
  const server = createServer((incoming, answer) => {
    const { method = '', url = '' } = incoming;
    const fault = faulty.faults(method, url);
    if (fault !== undefined) faulty.count += 1;
    incoming.on('error', () => undefined);
    answer.on('error', () => undefined);
    if (fault === 'error') {
      incoming.resume();
      incoming.on('end', () =>
        answer.writeHead(500).end('<Error><Code>InternalError</Code></Error>'),
      );
      return;
    }
    const { hostname, port } = target;
    const { headers } = incoming;
    const outgoing = open({ hostname, port, method, path: url, headers }, (response) => {
      pass(response, answer, fault);
    });
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const faulty: FaultyS3 = {
    endpoint: `http://127.0.0.1:${port}`,
    faults: () => undefined,
    count: 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return faulty;
}

function pass(response: IncomingMessage, answer: ServerResponse, fault: Fault | undefined): void {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('error', () => answer.destroy());
  response.on('end', () => {
    let body: Buffer = Buffer.concat(chunks);
    const headers = { ...response.headers };
    const { statusCode = 0 } = response;
    if (fault === 'lost') {
      answer.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
      return;
    }
    if (fault === 'etag') headers.etag = '"00000000000000000000000000000000"';
    if (fault === 'lie') body = Buffer.alloc(body.length, 'x');
    if (fault === 'short') body = body.subarray(0, Math.max(body.length - 30, 0));
    if (fault === 'short') headers['content-length'] = String(body.length);
    if (fault === 'cut' && body.length < 2) {
      answer.destroy();
      return;
    }
    answer.writeHead(statusCode, headers);
    if (fault !== 'cut') {
      answer.end(body);
      return;
    }
    answer.flushHeaders();
    answer.write(body.subarray(0, body.length >> 1), () => setImmediate(() => answer.destroy()));
  });
}
