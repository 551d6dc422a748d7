import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Exchange } from '../answer.ts';
import { anyPattern } from '../maintenance/patterns.ts';
import type { RegistryStorage } from '../storage.ts';
import { envelopeOf, type EventFormat, type EventSource } from './envelope.ts';
import {
  type EventAction,
  type EventCore,
  eventsOf,
  type RegistryEvent,
  requestOf,
} from './event.ts';
import { post } from './post.ts';
import { EventQueue } from './queue.ts';

/** Somebody who is told of what happens. */
export interface HookEndpoint {
  /** In logs, in figures and in the queue: one of the same name goes on with what waits there. */
  readonly name: string;
  readonly url: string;
  readonly format: EventFormat;
  readonly actions: readonly EventAction[];
  /** Patterns of repositories; without any all. */
  readonly repositories: readonly string[];
  /** Patterns of media types; without any all. What has none, as in deletions, is told of always. */
  readonly mediaTypes: readonly string[];
  /** Bodies are signed with it. */
  readonly secret?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Authorities for its certificate, in PEM; those of Node by default. */
  readonly ca?: Uint8Array | undefined;
  /** For each attempt, in milliseconds. */
  readonly timeout: number;
  /** An event older than this is given up, in milliseconds. */
  readonly giveUpAfter: number;
}

/** What became of the events of an endpoint since the start. */
export interface HookFigures {
  readonly endpoint: string;
  readonly waiting: number;
  readonly delivered: number;
  /** Attempts. */
  readonly failed: number;
  /** Given up. */
  readonly dead: number;
  /** Not even queued. */
  readonly dropped: number;
}

/** What hooks work with. */
export interface HookParts {
  /** The file of the queue. */
  readonly file: string;
  /** How many events may wait for each endpoint. */
  readonly limit: number;
  readonly source: EventSource;
  readonly storage: RegistryStorage;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Is told of what does not work. */
  readonly warn: (message: string, fields: Readonly<Record<string, string | number>>) => void;
  /** The first pause after a failure, in milliseconds; one second by default. */
  readonly firstPause?: number | undefined;
}

/** The pauses after failures, in milliseconds: each is twice the one before. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 5 * 60_000;

type Counts = { -readonly [K in 'delivered' | 'failed' | 'dead' | 'dropped']: HookFigures[K] };

interface Runner {
  readonly endpoint: HookEndpoint;
  readonly isAbout: (core: EventCore) => boolean;
  readonly counts: Counts;
  isRunning: boolean;
  timer?: NodeJS.Timeout;
  failures: number;
}

/** Tells endpoints what happens: each event at least once, in order, also after a restart. */
export class Hooks implements AsyncDisposable {
  readonly #parts: HookParts;
  readonly #queue: EventQueue;
  readonly #runners: readonly Runner[];
  readonly #wanted: ReadonlySet<EventAction>;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(endpoints: readonly HookEndpoint[], parts: HookParts) {
    this.#parts = parts;
    this.#queue = new EventQueue(parts.file, parts.limit);
    this.#wanted = new Set(endpoints.flatMap(({ actions }) => actions));
    this.#runners = endpoints.map((endpoint) => ({
      endpoint,
      isAbout: filterOf(endpoint),
      counts: { delivered: 0, failed: 0, dead: 0, dropped: 0 },
      isRunning: false,
      failures: 0,
    }));
    const forgotten = this.#queue.keepOnly(new Set(endpoints.map(({ name }) => name)));
    if (forgotten > 0)
      parts.warn('events for endpoints that are gone were forgotten', { forgotten });
    for (const runner of this.#runners) this.#run(runner);
  }

  get figures(): readonly HookFigures[] {
    return this.#runners.map(({ endpoint: { name: endpoint }, counts }) => ({
      endpoint,
      waiting: this.#queue.length(endpoint),
      ...counts,
    }));
  }

  /** A request was answered. */
  observe(exchange: Exchange): void {
    // Most requests change nothing, and nobody asks for them.
    const { method } = exchange.request;
    if (method === 'HEAD' || (method === 'GET' && !this.#wanted.has('pull'))) return;
    const done = this.#tell(exchange)
      .catch((error: unknown) => {
        this.#parts.warn('an event was lost', { reason: String(error) });
      })
      .finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  /** What waits is delivered after the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const { timer } of this.#runners) clearTimeout(timer);
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    this.#queue[Symbol.dispose]();
  }

  async #tell(exchange: Exchange): Promise<void> {
    const { storage, clock } = this.#parts;
    const cores = await eventsOf(exchange, this.#wanted, storage);
    if (cores.length === 0) return;
    const now = clock.now();
    const shared = { time: now.toISOString(), ...requestOf(exchange) };
    for (const core of cores) {
      const event: RegistryEvent = { id: randomUUID(), ...shared, ...core };
      const text = JSON.stringify(event);
      for (const runner of this.#runners) {
        if (!runner.isAbout(core)) continue;
        const { name } = runner.endpoint;
        if (this.#queue.add(name, text, now.getTime())) this.#run(runner);
        else if (++runner.counts.dropped === 1) {
          this.#parts.warn('the queue of events is full', { endpoint: name });
        }
      }
    }
  }

  /** Delivers what waits, unless that is being done, or paused. */
  #run(runner: Runner): void {
    if (runner.isRunning || this.#stop.signal.aborted) return;
    runner.isRunning = true;
    const done = this.#deliver(runner)
      .catch((error: unknown) => {
        this.#parts.warn('events cannot be delivered', { reason: String(error) });
        runner.isRunning = false;
      })
      .finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  async #deliver(runner: Runner): Promise<void> {
    const { endpoint, counts } = runner;
    const { signal } = this.#stop;
    for (;;) {
      const waiting = signal.aborted ? undefined : this.#queue.next(endpoint.name);
      if (!waiting) break;
      const event = JSON.parse(waiting.event) as RegistryEvent;
      const { source, userAgent, clock, warn } = this.#parts;
      const envelope = envelopeOf(event, endpoint.format, source);
      const result = await post(endpoint, envelope, { id: event.id, userAgent, signal });
      if (result.isDelivered) {
        this.#queue.remove(endpoint.name, waiting.place);
        counts.delivered += 1;
        runner.failures = 0;
        continue;
      }
      if (signal.aborted) break;
      counts.failed += 1;
      const { name } = endpoint;
      if (clock.now().getTime() - waiting.at >= endpoint.giveUpAfter) {
        this.#queue.remove(name, waiting.place);
        counts.dead += 1;
        warn('an event was given up', { endpoint: name, event: event.id, reason: result.reason });
      }
      if (++runner.failures === 1) {
        warn('an event could not be delivered', { endpoint: name, reason: result.reason });
      }
      this.#pause(runner, result.retryAfter);
      return;
    }
    runner.isRunning = false;
  }

  #pause(runner: Runner, retryAfter = 0): void {
    const { firstPause = FIRST_PAUSE } = this.#parts;
    const grown = firstPause * 2 ** Math.min(runner.failures - 1, 20);
    const pause = Math.min(Math.max(grown, retryAfter * 1000), LONGEST_PAUSE);
    runner.timer = setTimeout(() => {
      runner.isRunning = false;
      this.#run(runner);
    }, pause).unref();
  }
}

function filterOf(endpoint: HookEndpoint): (core: EventCore) => boolean {
  const { repositories, mediaTypes } = endpoint;
  const actions = new Set(endpoint.actions);
  const isRepository = repositories.length > 0 ? anyPattern(repositories) : () => true;
  const isType = mediaTypes.length > 0 ? anyPattern(mediaTypes) : () => true;
  return ({ action, target: { repository, mediaType } }) =>
    actions.has(action) &&
    isRepository(repository) &&
    (mediaType === undefined || isType(mediaType));
}
