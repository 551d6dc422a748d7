import type { CallOptions } from '../../base/progress.ts';
import { openClient } from '../../net/request.ts';
import type { Reference } from '../../oci/reference.ts';
import { tlsFor } from '../certificates.ts';
import type { Connections } from '../connection.ts';
import { openRepository } from '../repository.ts';
import { proxiesOf } from '../settings.ts';
import type { Wire } from '../wire.ts';
import { type Door, enter, mayPush } from './entry.ts';
import { type Finding, finding } from './finding.ts';
import { failed, reach } from './reach.ts';

/** Milliseconds without a byte after which a step has failed. */
const STALL = 10_000;
const MANY_TAGS = 1000;

/** What is to be reached: a registry, or a repository of it. */
export interface Destination {
  readonly registry: string;
  readonly reference: Reference | undefined;
}

/**
 * Walks the way that pull goes, step by step, and says what it meets; the way ends at the first
 * step that fails. Shows stored credentials to whom pull would show them, and writes nothing.
 */
export async function* diagnose(
  connections: Connections,
  { registry, reference }: Destination,
  call: CallOptions = {},
): AsyncGenerator<Finding, void> {
  const { mirrors } = connections.route(reference ?? { registry, repository: 'any' });
  for (const { registry: mirror } of mirrors) {
    yield finding('mirror', 'note', `${mirror} is asked first, by the settings of this machine`);
  }
  const { settings } = connections;
  using client = openClient({
    proxy: proxiesOf(settings),
    stall: settings.stall ?? STALL,
    ...(settings.userAgent !== undefined && { userAgent: settings.userAgent }),
  });
  const wire: Wire = { client, settings, tls: (host) => tlsFor(host, settings) };
  const base = yield* reach(registry, wire, call);
  if (!base) return;
  const door: Door = { registry, base, repository: reference?.repository ?? '' };
  if (!(yield* enter(door, wire, call)) || !reference) return;
  if (!(yield* look(connections, reference, call))) return;
  yield* mayPush(door, wire, call);
}

async function* look(
  connections: Connections,
  reference: Reference,
  call: CallOptions,
): AsyncGenerator<Finding, boolean> {
  const repository = openRepository(connections, reference);
  let found = true;
  try {
    const { digest, mediaType } = await repository.resolve(undefined, call);
    yield finding('manifest', 'ok', `${repository.label}: ${digest}, ${mediaType}`);
  } catch (error) {
    found = false;
    yield failed('manifest', error);
  }
  try {
    let count = 0;
    for await (const _ of repository.tags(call)) if ((count += 1) >= MANY_TAGS) break;
    const many = count >= MANY_TAGS ? `${MANY_TAGS} or more` : String(count);
    yield finding('tags', 'ok', many);
  } catch (error) {
    yield { ...failed('tags', error), outcome: 'note' };
  }
  return found;
}
