import type { Engine } from '../../engine/engine.ts';
import { VolumeNotFoundError } from '../../engine/volumes/errors.ts';

/** Volumes and copying that only answer. */
export const FAKE_VOLUMES: Pick<Engine, 'volumes' | 'copyFiles'> = {
  copyFiles: {
    from: async () => 2048,
    tarFrom: async () => ({ pour: async () => {} }),
    into: async () => 2048,
    tarInto: async () => {},
  },
  volumes: {
    create: async ({ name = 'made-up' } = {}) => name,
    list: async () => [],
    inspect: (name) => Promise.reject(new VolumeNotFoundError(name)),
    remove: async () => {},
    prune: async () => ({ removed: [], bytes: 0 }),
  },
};
