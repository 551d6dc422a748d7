import type { Socket } from 'node:net';
import type { Exchange } from '../answer.ts';
import type { Route } from '../routes.ts';
import { family, histogram, type Sample } from './exposition.ts';

/** Upper bounds of durations, in seconds. */
const BOUNDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
];
/** Others count as one: names of methods are the clients' choice. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** What a client that did not wait for the end is counted as; no answer has this status. */
const GONE = 499;

/** Requests for one kind of address with one method. */
interface Series {
  readonly route: Route;
  readonly method: string;
  readonly statuses: Map<number, number>;
  readonly counts: Float64Array;
  /** In seconds. */
  sum: number;
}

/** Counts requests, and what goes over connections. */
export class RequestFigures {
  readonly #series = new Map<Route, Map<string, Series>>();
  readonly #sockets = new Set<Socket>();
  #refusedLogins = 0;
  #limited = 0;
  #connections = 0;
  #received = 0;
  #sent = 0;

  /** A request was answered, in so many milliseconds. */
  readonly observe = ({ request, response, route }: Exchange, time: number): void => {
    const { method = '' } = request;
    const series = this.#seriesOf(route, METHODS.has(method) ? method : 'other');
    const isGone = response.destroyed && !response.writableEnded;
    const status = isGone ? GONE : response.statusCode;
    series.statuses.set(status, (series.statuses.get(status) ?? 0) + 1);
    const seconds = time / 1000;
    series.sum += seconds;
    let index = 0;
    while (index < BOUNDS.length && seconds > (BOUNDS[index] ?? 0)) index += 1;
    series.counts[index] = (series.counts[index] ?? 0) + 1;
    if (status === 429) this.#limited += 1;
    // Clients begin with asking what they are to show: that is no refusal.
    if (status === 401 && request.headers.authorization !== undefined) this.#refusedLogins += 1;
  };

  /** Counts the bytes of a connection, those of TLS left out. */
  readonly connected = (socket: Socket): void => {
    this.#connections += 1;
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#received += socket.bytesRead;
      this.#sent += socket.bytesWritten;
    });
  };

  /** All of it in the text format of Prometheus. */
  text(): string {
    const series = [...this.#series.values()].flatMap((methods) => [...methods.values()]);
    const requests: Sample[] = series.flatMap(({ route, method, statuses }) =>
      [...statuses].map(([status, value]) => ({
        labels: { route, method, status: String(status) },
        value,
      })),
    );
    const open = [...this.#sockets];
    const total = (closed: number, key: 'bytesRead' | 'bytesWritten'): Sample[] => [
      { value: open.reduce((sum, socket) => sum + socket[key], closed) },
    ];
    const counter = (name: string, help: string, samples: readonly Sample[]): string =>
      family(`stave_registry_${name}_total`, 'counter', help, samples);
    return [
      counter('http_requests', 'Requests that were answered.', requests),
      histogram(
        'stave_registry_http_request_duration_seconds',
        'How long answering took.',
        BOUNDS,
        series.map(({ route, method, counts, sum }) => ({
          labels: { route, method },
          counts,
          sum,
        })),
      ),
      counter('received_bytes', 'Bytes that clients sent.', total(this.#received, 'bytesRead')),
      counter('sent_bytes', 'Bytes that were sent to clients.', total(this.#sent, 'bytesWritten')),
      counter('connections', 'Connections that were taken.', [{ value: this.#connections }]),
      family('stave_registry_open_connections', 'gauge', 'Connections that are open.', [
        { value: open.length },
      ]),
      counter('failed_logins', 'Passwords and tokens that were refused.', [
        { value: this.#refusedLogins },
      ]),
      counter('limited_requests', 'Requests that came too often.', [{ value: this.#limited }]),
    ].join('');
  }

  #seriesOf(route: Route, method: string): Series {
    let methods = this.#series.get(route);
    if (!methods) this.#series.set(route, (methods = new Map()));
    let series = methods.get(method);
    if (!series) {
      const counts = new Float64Array(BOUNDS.length + 1);
      series = { route, method, statuses: new Map(), counts, sum: 0 };
      methods.set(method, series);
    }
    return series;
  }
}
