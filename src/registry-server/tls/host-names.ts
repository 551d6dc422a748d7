import { hostname, networkInterfaces } from 'node:os';
import type { CertificateNames } from './self-signed.ts';

/** What this machine is called by clients: `given` are the names that it shall have besides. */
export function hostNames(given: readonly (string | undefined)[]): CertificateNames {
  const isName = (name: string | undefined): name is string =>
    name !== undefined && /^[A-Za-z0-9._-]+$|^[0-9a-fA-F:.]+$/.test(name) && !isAny(name);
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address);
  return {
    needed: [...new Set([...given, hostname(), 'localhost', '127.0.0.1', '::1'].filter(isName))],
    useful: addresses,
  };
}

function isAny(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}
