import { databaseChanges } from '../../store/database-changes.ts';
import type { Store } from '../../store/store.ts';
import type { EventRow } from '../../store/activity-tables.ts';
import type { EventRequest, StaveEvent } from '../event-types.ts';
import { eventTest } from './event-filter.ts';

/** Longer timers end at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * What happened and what happens, oldest first, whatever process does it. Ends at `until`, or
 * when the signal is aborted.
 */
export async function* events(store: Store, request: EventRequest): AsyncGenerator<StaveEvent> {
  const { since, until, filter, signal } = request;
  const from = since?.getTime() ?? 0;
  const to = until?.getTime() ?? Number.POSITIVE_INFINITY;
  const passes = eventTest(filter);
  const wanted = (rows: readonly EventRow[]): StaveEvent[] =>
    rows
      .filter(({ at }) => at >= from && at <= to)
      .map(fromRow)
      .filter(passes);
  let last = since || until ? 0 : store.read(({ events }) => events.last());
  const news = (kind: 'read' | 'note'): EventRow[] => {
    const rows = store[kind](({ events }) => events.after(last));
    last = rows.at(-1)?.id ?? last;
    return rows;
  };
  if (signal?.aborted) return;
  const left = to - store.clock.now().getTime();
  if (left <= 0) {
    yield* wanted(news('read'));
    return;
  }
  const stop = new AbortController();
  const end = (): void => stop.abort();
  signal?.addEventListener('abort', end);
  const timer = left < LONGEST_TIMER ? setTimeout(end, left) : undefined;
  try {
    // The connection must be open before the log is watched: the last one that closes removes it.
    yield* wanted(news('read'));
    const changes = databaseChanges(store.paths, stop.signal);
    const next = changes.next();
    // Between the first look and the watch something may have happened.
    yield* wanted(news('note'));
    for (let step = await next; step.done !== true; step = await changes.next()) {
      yield* wanted(news('note'));
    }
    yield* wanted(news('read'));
  } finally {
    stop.abort();
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

function fromRow({ id: _id, at, ...event }: EventRow): StaveEvent {
  return { ...event, at: new Date(at) };
}
