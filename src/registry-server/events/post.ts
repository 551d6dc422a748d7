import { createHmac } from 'node:crypto';
import type { Envelope } from './envelope.ts';
import type { HookEndpoint } from './hooks.ts';

/** How an attempt ended. */
export interface Posted {
  readonly isDelivered: boolean;
  /** What to say of one that failed; nothing that is secret. */
  readonly reason: string;
  /** Seconds after which the other side wants to be asked again. */
  readonly retryAfter?: number | undefined;
}

/** What an endpoint may answer before it is hung up on, in bytes. */
const ANSWER_LIMIT = 64 * 1024;

/**
 * Sends a body to an endpoint. It is not sent anywhere else: a redirect is a failure. With a secret
 * the header `X-Hub-Signature-256` has the HMAC of the body, as GitHub's webhooks do.
 */
export function post(
  { url, headers, secret, ca, timeout }: HookEndpoint,
  { type, body }: Envelope,
  {
    id,
    userAgent,
    signal,
  }: { readonly id: string; readonly userAgent: string; readonly signal: AbortSignal },
): Promise<Posted> {
  const isSecure = url.startsWith('https:');
  const { request } = process.getBuiltinModule(isSecure ? 'node:https' : 'node:http');
  return new Promise((resolve) => {
    const fail = (reason: string): void => resolve({ isDelivered: false, reason });
    const sent = request(url, {
      method: 'POST',
      signal,
      timeout,
      ...(ca && { ca: Buffer.from(ca) }),
      headers: {
        'user-agent': userAgent,
        'content-type': type,
        ...headers,
        'content-length': Buffer.byteLength(body),
        'x-request-id': id,
        ...(secret !== undefined && { 'x-hub-signature-256': signature(secret, body) }),
      },
    });
    const timer = setTimeout(() => sent.destroy(new Error('no answer in time')), timeout);
    sent.on('error', (error) => fail(error.message));
    sent.on('close', () => clearTimeout(timer));
    sent.on('response', (response) => {
      const { statusCode: status = 0 } = response;
      const after = Number(response.headers['retry-after']);
      const isDelivered = status >= 200 && status < 300;
      const retryAfter = Number.isFinite(after) && after >= 0 ? after : undefined;
      resolve({ isDelivered, reason: `status ${status}`, retryAfter });
      let size = 0;
      response.on('data', (chunk: Uint8Array) => {
        size += chunk.length;
        if (size > ANSWER_LIMIT) response.destroy();
      });
      response.on('error', () => undefined);
    });
    sent.end(body);
  });
}

/** `sha256=` and the HMAC of a body in hex. */
export function signature(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
