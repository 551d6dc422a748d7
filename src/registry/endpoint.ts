import { collect } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import { NetError } from '../net/errors.ts';
import { endpointHost, isInsecure, isLoopback } from './host.ts';
import type { HttpResponse } from '../net/request.ts';
import type { Wire } from './wire.ts';

/** Of an answer that may be a complaint about the missing TLS, so much is read. */
const COMPLAINT = 4096;

/**
 * Where a registry answers. TLS is the rule and costs no question; a registry on this machine
 * may do without, and one that is listed as insecure is asked which it is. What is asked here
 * shows nothing of us. Throws NetError.
 */
export async function openEndpoint(
  registry: string,
  { client, settings, tls, connect }: Wire,
  { signal }: CallOptions,
): Promise<URL> {
  const host = endpointHost(registry);
  const secure = new URL(`https://${host}/`);
  if (!isInsecure(host, settings)) return secure;
  const plain = new URL(`http://${host}/`);
  // One server answers at a port, and the likelier language comes first: some servers without TLS
  // wait long for the end of what they take for a request. Without a port there may be two.
  const isOne = /:\d+$/.test(host);
  const candidates = isOne && isLoopback(host) ? [plain, secure] : [secure, plain];
  let failure: unknown;
  let other: URL | undefined;
  for (const base of candidates) {
    try {
      const response = await client.request(new URL('/v2/', base), {
        redirects: 0,
        tls: tls(host),
        connect: connect?.(host),
        signal,
      });
      if (await isRegistry(response, isOne, other)) return base;
      if (!isOne) other ??= base;
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      // Who shows a certificate speaks TLS, and what is wrong with it is what matters.
      if (/CERT|SELF_SIGNED|UNABLE_TO/.test(error.errno ?? '')) throw error;
      failure ??= error;
      // Nobody listens, or nobody is there: the other language would not help.
      if (isOne && error.errno === 'ECONNREFUSED') throw error;
      if (/^(?:ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(error.errno ?? '')) {
        throw error;
      }
    }
  }
  if (other) return other;
  throw failure;
}

/** False where it is worth asking in the other way: a web server, or one that wants TLS. */
async function isRegistry(
  response: HttpResponse,
  isOne: boolean,
  other: URL | undefined,
): Promise<boolean> {
  const { status, url } = response;
  if (url.protocol === 'http:' && status === 400) {
    const said = await collect(response.body, COMPLAINT).catch(() => Buffer.alloc(0));
    return !/https|tls|ssl/i.test(said.toString());
  }
  await response.discard();
  // The second of two servers must be more than there.
  if (other) return status === 200 || status === 401;
  return isOne || ![301, 302, 307, 308, 404].includes(status);
}
