import type { IncomingMessage } from 'node:http';
import { type Access, NOBODY } from './access.ts';
import { Peers } from './peers.ts';

/** Nobody is asked anything, and everyone may do everything. */
export function openToAll(peers: Peers = new Peers([], undefined)): Access {
  return {
    identify: () => NOBODY,
    refusal: () => undefined,
    may: () => true,
    mayList: () => true,
    seesAll: () => true,
    addressOf: (request: IncomingMessage) => peers.addressOf(request),
    addresses: new Map(),
    [Symbol.dispose]: () => undefined,
  };
}
