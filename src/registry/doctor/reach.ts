import type { CallOptions } from '../../base/progress.ts';
import { StaveError } from '../../base/errors.ts';
import { netError } from '../../net/errors.ts';
import { inspectTls } from '../../net/inspect-tls.ts';
import { proxyFor } from '../../net/proxy.ts';
import { shownUrl } from '../../net/url.ts';
import { openEndpoint } from '../endpoint.ts';
import { endpointHost, hostName, isInsecure } from '../host.ts';
import { proxiesOf } from '../settings.ts';
import type { Wire } from '../wire.ts';
import { type Finding, finding } from './finding.ts';

/** Milliseconds: who has not answered by then will not. */
const PATIENCE = 10_000;
const DAY = 24 * 60 * 60 * 1000;
/** A certificate that ends within so many days is worth a word. */
const SOON = 21;

/**
 * From a registry's name to where it answers: DNS, TCP, TLS. Returns that address, or undefined
 * when it cannot be reached; a finding says where the way ends.
 */
export async function* reach(
  registry: string,
  wire: Wire,
  call: CallOptions,
): AsyncGenerator<Finding, URL | undefined> {
  const host = endpointHost(registry);
  const { settings } = wire;
  if (host !== registry) yield finding('name', 'ok', `${registry} answers at ${host}`);
  else yield finding('name', 'ok', host);
  const secure = new URL(`https://${host}/`);
  const proxy = proxyFor(secure, proxiesOf(settings));
  if (proxy) yield finding('proxy', 'note', `by the variables of proxies: ${shownUrl(proxy)}`);
  else if (!(yield* direct(secure, call))) return undefined;
  let base: URL;
  try {
    base = await openEndpoint(registry, wire, call);
  } catch (error) {
    yield failed('tls', error);
    return undefined;
  }
  if (base.protocol === 'http:') {
    yield finding('tls', 'note', `none: plain HTTP, which is ${whyPlain(host, settings)}`);
    return base;
  }
  // Through a proxy it is seen with the first request.
  if (proxy) return base;
  return (yield* certificate(base, wire, call)) ? base : undefined;
}

async function* direct(base: URL, { signal }: CallOptions): AsyncGenerator<Finding, boolean> {
  const { isIP, connect } = process.getBuiltinModule('node:net');
  const name = hostName(base.host);
  if (isIP(name) === 0) {
    try {
      const { lookup } = process.getBuiltinModule('node:dns').promises;
      const found = await lookup(name, { all: true });
      yield finding('dns', 'ok', found.map(({ address }) => address).join(', '));
    } catch (error) {
      yield failed('dns', error, 'Check the name, /etc/resolv.conf and the network.');
      return false;
    }
  }
  const began = performance.now();
  const socket = connect({ host: name, port: portOf(base) });
  socket.setTimeout(PATIENCE, () => void socket.destroy(timedOut()));
  const stop = (): void => void socket.destroy(timedOut());
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    const took = Math.round(performance.now() - began);
    yield finding('connect', 'ok', `port ${portOf(base)}, ${took} ms`);
    return true;
  } catch (error) {
    signal?.throwIfAborted();
    yield failed(
      'connect',
      error,
      'Nobody listens there, or something between does not let us through.',
    );
    return false;
  } finally {
    signal?.removeEventListener('abort', stop);
    socket.destroy();
  }
}

async function* certificate(
  base: URL,
  { tls, settings }: Wire,
  { signal }: CallOptions,
): AsyncGenerator<Finding, boolean> {
  const own = tls(base.host);
  try {
    const seen = await inspectTls({ host: hostName(base.host), port: portOf(base) }, own, {
      timeout: PATIENCE,
      signal,
    });
    const days = Math.floor((seen.expires.getTime() - Date.now()) / DAY);
    const from = own.ca ? ', with the authorities of its certs.d folder' : '';
    const what = `${seen.protocol}, "${seen.subject}" by "${seen.issuer}", ends ${seen.expires.toISOString().slice(0, 10)}${from}`;
    if (seen.fault !== undefined) {
      const reason = netError('', '', Object.assign(new Error(), { code: seen.fault })).message;
      const why = reason.replace(/^.*?: /, '');
      const isAllowed = own.verify === false;
      const hint = `Put its authority into /etc/docker/certs.d/${base.host}/ca.crt.`;
      yield finding('tls', isAllowed ? 'note' : 'failed', `${what}: ${why}`, hint);
      return isAllowed;
    }
    if (own.cert !== undefined) yield finding('tls', 'note', 'a certificate of ours is shown');
    yield finding('tls', days < SOON ? 'note' : 'ok', what);
    return true;
  } catch (error) {
    const isListed = isInsecure(base.host, settings);
    const hint = isListed ? undefined : 'A registry without TLS must be listed as insecure.';
    yield failed('tls', error, hint);
    return false;
  }
}

/** A finding for what was thrown. */
export function failed(step: Finding['step'], error: unknown, hint?: string): Finding {
  if (error instanceof StaveError) {
    return finding(step, 'failed', error.message, error.hint ?? hint);
  }
  // The reason alone: which host it is, is known.
  const { message } = netError('', '', error);
  return finding(step, 'failed', message.replace(/^ +: /, ''), hint);
}

function whyPlain(host: string, settings: Wire['settings']): string {
  return (settings.insecure ?? []).some((rule) => rule === host || rule === hostName(host))
    ? 'allowed because it is listed as insecure'
    : 'allowed on this machine';
}

function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80));
}

function timedOut(): Error {
  return Object.assign(new Error('the connection timed out'), { code: 'ETIMEDOUT' });
}
