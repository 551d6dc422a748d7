import { collect } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import { NetError } from '../net/errors.ts';
import { endpointHost, isInsecure, isLoopback } from './host.ts';
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
  { client, settings, tls }: Wire,
  { signal }: CallOptions,
): Promise<URL> {
  const host = endpointHost(registry);
  const secure = new URL(`https://${host}/`);
  if (!isInsecure(host, settings)) return secure;
  const plain = new URL(`http://${host}/`);
  // Whichever is more likely comes first; either notices at once when it meets the other.
  const candidates = isLoopback(host) ? [plain, secure] : [secure, plain];
  let failure: unknown;
  for (const base of candidates) {
    try {
      const response = await client.request(new URL('/v2/', base), {
        redirects: 0,
        tls: tls(host),
        signal,
      });
      if (base.protocol === 'http:' && response.status === 400) {
        const said = await collect(response.body, COMPLAINT).catch(() => Buffer.alloc(0));
        if (/https|tls|ssl/i.test(said.toString())) continue;
      } else {
        await response.discard();
      }
      return base;
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      // Who shows a certificate speaks TLS, and what is wrong with it is what matters.
      if (/CERT|SELF_SIGNED|UNABLE_TO/.test(error.errno ?? '')) throw error;
      failure ??= error;
      // Nobody listens: the other language would not help.
      if (
        /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(error.errno ?? '')
      ) {
        throw error;
      }
    }
  }
  throw failure;
}
