import { InvalidInputError } from '../base/errors.ts';
import { shownUrl } from './url.ts';

/** Proxies as the usual variables name them; empty texts are the same as none. */
export interface ProxySettings {
  /** For http URLs: `HTTP_PROXY`. */
  readonly http?: string | undefined;
  /** For https URLs: `HTTPS_PROXY`. */
  readonly https?: string | undefined;
  /** Hosts that are asked directly: `NO_PROXY`. */
  readonly no?: string | undefined;
}

/** The settings in a set of variables; lower case wins, and `ALL_PROXY` stands in for both. */
export function proxySettings(get: (name: string) => string | undefined): ProxySettings {
  const either = (name: string): string | undefined => get(name.toLowerCase()) || get(name);
  const all = either('ALL_PROXY');
  return {
    http: either('HTTP_PROXY') || all,
    https: either('HTTPS_PROXY') || all,
    no: either('NO_PROXY'),
  };
}

/** The proxy that a request goes through. Throws InvalidInputError for one that is no http(s) URL. */
export function proxyFor(url: URL, settings: ProxySettings): URL | undefined {
  const text = url.protocol === 'https:' ? settings.https : settings.http;
  if (!text || isDirect(url, settings.no ?? '')) return undefined;
  const full = text.includes('://') ? text : `http://${text}`;
  const proxy = URL.canParse(full) ? new URL(full) : undefined;
  if (proxy && (proxy.protocol === 'http:' || proxy.protocol === 'https:')) return proxy;
  throw new InvalidInputError(`${JSON.stringify(shownUrl(text))} is not a proxy that can be used`, {
    hint: 'A proxy is named as http://HOST:PORT.',
  });
}

/**
 * Whether `NO_PROXY` names the host: `*`, a domain (with all below it), `.domain` (only what is
 * below it), an address, a network `10.0.0.0/8`; each may carry a port. The machine itself is
 * always asked directly.
 */
function isDirect(url: URL, no: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const { isIP, BlockList } = process.getBuiltinModule('node:net');
  const family = isIP(host);
  if (host === 'localhost' || host === '::1' || (family === 4 && host.startsWith('127.')))
    return true;
  return no.split(',').some((item) => {
    const rule = item.trim().toLowerCase();
    if (rule === '*') return true;
    const [, name = '', wanted] = /^(.*?)(?::(\d+))?$/.exec(rule) ?? [];
    const isAddress = isIP(rule) !== 0;
    if (!isAddress && wanted !== undefined && wanted !== port) return false;
    const bare = (isAddress ? rule : name).replace(/^\[|\]$/g, '');
    if (bare === '') return false;
    if (bare === host) return true;
    const [network = '', bits] = bare.split('/');
    if (family !== 0) {
      if (bits === undefined || !/^\d{1,3}$/.test(bits) || isIP(network) !== family) return false;
      if (Number(bits) > (family === 4 ? 32 : 128)) return false;
      const list = new BlockList();
      const kind = family === 4 ? 'ipv4' : 'ipv6';
      list.addSubnet(network, Number(bits), kind);
      return list.check(host, kind);
    }
    return host.endsWith(bare.startsWith('.') ? bare : `.${bare.replace(/^\*\./, '')}`);
  });
}
