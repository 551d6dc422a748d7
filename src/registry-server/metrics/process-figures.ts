import type { monitorEventLoopDelay } from 'node:perf_hooks';
import { family } from './exposition.ts';

/** How often the event loop is looked at, in milliseconds. */
const RESOLUTION = 20;
const NANO = 1e9;

/** Figures of the process, until it is disposed of. */
export class ProcessFigures implements Disposable {
  readonly #delay: ReturnType<typeof monitorEventLoopDelay>;
  readonly #start = Date.now() / 1000 - process.uptime();

  constructor() {
    const hooks = process.getBuiltinModule('node:perf_hooks');
    this.#delay = hooks.monitorEventLoopDelay({ resolution: RESOLUTION });
    this.#delay.enable();
  }

  /** In the text format of Prometheus. The delay is that since the last time. */
  text(): string {
    const { user, system } = process.cpuUsage();
    const delays = ([50, 99, 100] as const).map((part) => ({
      labels: { quantile: String(part / 100) },
      // Timers come late by their own interval.
      value: Math.max(0, this.#delay.percentile(part) / NANO - RESOLUTION / 1000) || 0,
    }));
    this.#delay.reset();
    const one = (name: string, type: 'counter' | 'gauge', help: string, value: number): string =>
      family(name, type, help, [{ value }]);
    return [
      one('process_cpu_seconds_total', 'counter', 'CPU time.', (user + system) / 1e6),
      one('process_resident_memory_bytes', 'gauge', 'Memory.', process.memoryUsage.rss()),
      one('process_start_time_seconds', 'gauge', 'Start, since 1970.', this.#start),
      family('nodejs_eventloop_lag_seconds', 'gauge', 'How late timers came.', delays),
    ].join('');
  }

  [Symbol.dispose](): void {
    this.#delay.disable();
  }
}
