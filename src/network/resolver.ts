import { existsSync, readFileSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import type { NetworkRequest, Resolver } from './types.ts';

/** Where systemd keeps the servers that its own one at a loopback address asks. */
const BEHIND_SYSTEMD = '/run/systemd/resolve/resolv.conf';
const SIZE = 64 * 1024;

/** What a resolv.conf says. @see https://man7.org/linux/man-pages/man5/resolv.conf.5.html */
export function readResolver(text: string): Resolver {
  const found = { nameservers: [] as string[], search: [] as string[], options: [] as string[] };
  for (const line of text.slice(0, SIZE).split('\n')) {
    const [word, ...values] = line.trim().split(/\s+/);
    if (word === 'nameserver' && values[0] !== undefined) found.nameservers.push(values[0]);
    if (word === 'search') found.search = values;
    if (word === 'domain' && found.search.length === 0) found.search = values.slice(0, 1);
    if (word === 'options') found.options.push(...values);
  }
  return found;
}

/**
 * The machine's resolver for a container with a network of its own: without servers at
 * loopback addresses, which would be the container itself.
 */
export function hostResolver(path = '/etc/resolv.conf'): Resolver {
  const resolver = readResolver(text(path));
  const nameservers = outside(resolver.nameservers);
  if (nameservers.length > 0 || !existsSync(BEHIND_SYSTEMD)) return { ...resolver, nameservers };
  return { ...resolver, nameservers: outside(readResolver(text(BEHIND_SYSTEMD)).nameservers) };
}

function outside(nameservers: readonly string[]): string[] {
  return nameservers.filter((address) => !/^(?:127\.|::1$)/.test(address));
}

/**
 * What a container gets: the machine's resolver, or the network's own servers (`gateways`),
 * and what was asked for in place of either's.
 */
export function resolverFor(request: NetworkRequest, gateways: readonly string[]): Resolver {
  const { dns = [], dnsSearch = [], dnsOptions = [] } = request;
  const host = hostResolver();
  const own = gateways.length > 0;
  const search = dnsSearch.length > 0 ? dnsSearch.filter((one) => one !== '.') : host.search;
  return {
    // With names on a network its server asks those that were asked for.
    nameservers: own ? gateways : dns.length > 0 ? dns : host.nameservers,
    search,
    options: own ? withDots(dnsOptions) : dnsOptions.length > 0 ? dnsOptions : host.options,
  };
}

/** Names without a dot are those of neighbours, and are asked for as they are. */
function withDots(options: readonly string[]): readonly string[] {
  return options.some((one) => one.startsWith('ndots:')) ? options : ['ndots:0', ...options];
}

/** The file. */
export function resolverText({ nameservers, search, options }: Resolver): string {
  return [
    ...nameservers.map((address) => `nameserver ${address}\n`),
    ...(search.length > 0 ? [`search ${search.join(' ')}\n`] : []),
    ...(options.length > 0 ? [`options ${options.join(' ')}\n`] : []),
  ].join('');
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}
