import type { IncomingMessage, ServerResponse } from 'node:http';
import { listening, urlOf } from './server.ts';

/** What is told at an address of its own. */
export interface SideDoorOptions {
  readonly host?: string | undefined;
  readonly port: number;
  readonly isReady: () => boolean | Promise<boolean>;
  /** The text of Prometheus. */
  readonly figures: () => Promise<string>;
  readonly onFailure: (error: unknown, word: string) => void;
}

/** An address for those who watch over the registry. */
export interface SideDoor extends AsyncDisposable {
  readonly url: string;
}

/** Figures and health, for everyone who reaches the address. Throws ListenError. */
export async function openSideDoor(options: SideDoorOptions): Promise<SideDoor> {
  const server = process.getBuiltinModule('node:http').createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      options.onFailure(error, 'figures');
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await listening(server, options);
  return {
    url: urlOf(server, false),
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await ended;
    },
  };
}

async function answer(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  { figures, isReady }: SideDoorOptions,
): Promise<void> {
  const [path] = url.split('?');
  const say = (status: number, type: string, text: string): void => {
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
    });
    response.end(method === 'HEAD' ? undefined : text);
  };
  const json = 'application/json';
  if (method !== 'GET' && method !== 'HEAD') say(405, json, '{}');
  else if (path === '/metrics')
    say(200, 'text/plain; version=0.0.4; charset=utf-8', await figures());
  else if (path === '/healthz' || path === '/livez') say(200, json, '{}');
  else if (path === '/readyz') say((await isReady()) ? 200 : 503, json, '{}');
  else say(404, json, '{}');
}
