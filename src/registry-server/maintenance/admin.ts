import { existsSync } from 'node:fs';
import type { Clock } from '../../base/clock.ts';
import { RegistryDataError } from '../errors.ts';
import { openFileStorage } from '../file-storage.ts';
import { RegistryPaths } from '../paths.ts';
import { isListening, sendOrder } from './control.ts';
import { type Administrator, carryOut, type Order, type OrderRows } from './orders.ts';
import { NO_RULES, type TagRules } from './rules.ts';

/**
 * Gives orders to the registry that runs in a folder, or carries them out here when none does.
 * Throws RegistryDataError.
 */
export async function openAdministrator(
  root: string,
  options: {
    readonly clock: Clock;
    readonly rules?: TagRules | undefined;
    readonly signal?: AbortSignal;
  },
): Promise<Administrator> {
  const { clock, rules = NO_RULES, signal } = options;
  const paths = new RegistryPaths(root);
  if (!existsSync(paths.repositories)) throw new RegistryDataError(`${root} holds no registry`);
  if (await isListening(paths.control)) return running(paths, signal);
  const storage = openFileStorage(root, clock);
  return {
    run: <O extends Order>(order: O) =>
      carryOut(storage, rules, order, signal) as AsyncIterable<OrderRows[O['order']]>,
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  };
}

function running(paths: RegistryPaths, signal: AbortSignal | undefined): Administrator {
  return {
    async *run<O extends Order>(order: O): AsyncGenerator<OrderRows[O['order']]> {
      const rows = await sendOrder(paths.control, order, signal);
      if (!rows) throw new RegistryDataError('the registry has ended');
      yield* rows;
    },
    async [Symbol.asyncDispose]() {
      // There is nothing that would have to end.
    },
  };
}
