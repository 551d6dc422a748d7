import { UsageError } from '../../base/errors.ts';
import type { Containers } from '../../engine/container-types.ts';
import type { CreateRequest } from '../../engine/create-request.ts';
import { CONTAINER_REST, CONTAINERS, fakeSession, notAsked } from './fake-things.ts';
import { NoSuchThing } from './no-such-thing.ts';

/** Containers as tests of commands know them; `runs` takes what `run` was asked for. */
export function fakeContainers(runs: CreateRequest[]): Containers {
  return {
    ...notAsked,
    async run(request, options = {}) {
      runs.push(request);
      if (request.image === 'nosuch:1') throw new UsageError('No such image: nosuch:1');
      return {
        id: 'c1'.padEnd(64, '0'),
        ...(options.attach && { session: fakeSession('c1', 3) }),
      };
    },
    changes: async () => [
      { path: '/bin', change: 'changed' },
      { path: '/bin/yes', change: 'deleted' },
      { path: '/newdir', change: 'added' },
    ],
    list: async ({ all = false } = {}) =>
      CONTAINERS.filter(({ state }) => all || state === 'running'),
    async export(name) {
      const found = CONTAINERS.find((one) => one.name === name);
      if (!found) throw new NoSuchThing('CONTAINER_NOT_FOUND', `No such container: ${name}`);
      return { pour: (sink) => Promise.resolve(sink(Buffer.from('files'))) };
    },
    async inspect(name, { size = false } = {}) {
      const found = CONTAINERS.find((one) => one.name === name || one.id.startsWith(name));
      if (!found) throw new NoSuchThing('CONTAINER_NOT_FOUND', `No such container: ${name}`);
      return {
        ...found,
        argv: found.command.split(' '),
        remove: false,
        pid: found.state === 'running' ? 123 : 0,
        ...CONTAINER_REST,
        ...(size && { size: { written: 5, whole: 1_982_261 } }),
      };
    },
    async remove(name) {
      const found = CONTAINERS.find((one) => one.name === name);
      if (!found) throw new NoSuchThing('CONTAINER_NOT_FOUND', `No such container: ${name}`);
      return found.id;
    },
    async prune({ until } = {}) {
      const removed = CONTAINERS.filter(
        ({ state, created }) => state !== 'running' && !(until && created >= until),
      );
      return { removed: removed.map(({ id }) => id), bytes: 0 };
    },
  };
}
