import type { Connections } from '../../registry/connection.ts';
import type { Store } from '../../store/store.ts';
import type { Trust } from '../trust-types.ts';

/** The use cases of signatures; each is loaded when it is asked for. */
export function trustOf(store: Store, connections: () => Promise<Connections>): Trust {
  return {
    async sign(request, call = {}) {
      const { signRemote } = await import('./sign.ts');
      return signRemote(await connections(), request, store.clock.now(), call);
    },
    async verify(request, call = {}) {
      const { verifyRemote } = await import('./verify.ts');
      return verifyRemote(await connections(), request, store.clock.now(), call);
    },
    async verifyStored(image, anchors, call = {}) {
      const { verifyStored } = await import('./verify-stored.ts');
      return verifyStored({ store, connections }, image, anchors, call);
    },
    isEncrypted: async ({ pem }) => (await import('../../trust/key-file.ts')).isEncrypted(pem),
    generateKeys: async (password) =>
      (await import('../../trust/key-file.ts')).generateKeyPair(password),
  };
}
