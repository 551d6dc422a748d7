import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Bytes } from '../base/bytes.ts';
import type { Stall } from './stall.ts';

/** What sending is to heed. */
export interface SendingLimits {
  readonly stall: Stall;
  /** There is a connection, or there will be none. */
  readonly connected: Promise<void>;
  /** Milliseconds until an answer begins, when all is sent. */
  readonly answer: number;
}

/**
 * Sends a body, at the pace at which the peer takes it. What the peer answers before it has read
 * everything is not its business.
 */
export async function sendBody(
  outgoing: ClientRequest,
  body: Uint8Array | Bytes | undefined,
  { stall, connected, answer }: SendingLimits,
): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) {
    outgoing.end(body);
    await connected;
    stall.wait(answer);
    return;
  }
  await connected;
  for await (const chunk of body) {
    if (outgoing.destroyed) return;
    stall.wait();
    await new Promise<void>((resolve) => {
      const go = (): void => {
        outgoing.off('close', go);
        resolve();
      };
      outgoing.once('close', go);
      outgoing.write(chunk, go);
    });
    stall.rest();
  }
  stall.wait(answer);
  outgoing.end();
}

/**
 * The body of an answer; `release` is called when it has been read or left. What goes wrong is
 * thrown as `failed` says it.
 */
export async function* contents(
  incoming: IncomingMessage,
  stall: Stall,
  release: () => void,
  failed: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array, void> {
  try {
    stall.wait();
    for await (const chunk of incoming) {
      stall.rest();
      yield chunk as Buffer;
      stall.wait();
    }
    if (!incoming.complete) throw Object.assign(new Error('cut short'), { code: 'ECONNRESET' });
  } catch (error) {
    throw failed(error);
  } finally {
    release();
  }
}
