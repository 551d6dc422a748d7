import { sweepNetworks } from '../networks/release.ts';
import type { RestartPolicy } from '../create-request.ts';
import type { ContainerParts } from './parts.ts';
import { reap } from './reap.ts';
import { fromRow, type Container } from './record.ts';
import { isOwned, settled } from './settle.ts';
import { startContainer } from './start.ts';

/** A container that was started, or could not be. */
export interface StartedByPolicy {
  readonly name: string;
  readonly error?: unknown;
}

/**
 * Starts the containers that do not run and have one of these restart policies, the oldest
 * first: what is done after a boot. One that was never started stays as it is, and so does one
 * with `unless-stopped` that a user stopped.
 */
export async function* startByPolicy(
  parts: ContainerParts,
  policies: readonly RestartPolicy['name'][],
): AsyncGenerator<StartedByPolicy, void> {
  const { store } = parts;
  reap(store);
  await sweepNetworks(store);
  const all = store.read(({ containers }) => containers.list().map(fromRow));
  const wanted = all
    .map((one) => settled(one, store.paths.containers))
    .filter((one) => isWanted(one, policies))
    .toSorted((a, b) => a.createdAt - b.createdAt);
  for (const { id, name } of wanted) {
    try {
      (await startContainer(parts, id)).leave();
      yield { name };
    } catch (error) {
      yield { name, error };
    }
  }
}

function isWanted(
  { state, record }: Container,
  policies: readonly RestartPolicy['name'][],
): boolean {
  const { settings, stopRequested = false } = record;
  const policy = settings.restart?.name ?? 'no';
  if (state !== 'exited' || !record.process || isOwned(record)) return false;
  return policies.includes(policy) && !(policy === 'unless-stopped' && stopRequested);
}
