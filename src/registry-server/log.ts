import type { Clock } from '../base/clock.ts';
import type { Exchange } from './answer.ts';
import { oneLine } from './one-line.ts';

/** How much a line matters, the least first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Forms of a line. */
export const LOG_FORMATS = ['text', 'json'] as const;

/** One of {@link LOG_FORMATS}. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** What a line says besides its message. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** What a log is made of. */
export interface LogParts {
  readonly format: LogFormat;
  readonly clock: Clock;
  /** Takes a line without its end. */
  readonly write: (line: string) => void;
}

const PLAIN = /^[\w.:/@+*-]+$/;
const PATH_LIMIT = 1024;

/** Lines of a process that stays. Nothing that comes from outside ends a line. */
export class Log {
  /** Lines that matter less are left out. */
  level: LogLevel;
  readonly #parts: LogParts;

  constructor(level: LogLevel, parts: LogParts) {
    this.level = level;
    this.#parts = parts;
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#say('debug', message, fields);
  }

  info(message: string, fields: LogFields = {}): void {
    this.#say('info', message, fields);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#say('warn', message, fields);
  }

  error(message: string, fields: LogFields = {}): void {
    this.#say('error', message, fields);
  }

  #say(level: LogLevel, message: string, fields: LogFields): void {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(this.level)) return;
    const { format, clock, write } = this.#parts;
    const time = clock.now().toISOString();
    if (format === 'json') {
      write(oneLine(JSON.stringify({ time, level, message, ...fields })));
      return;
    }
    const pairs = Object.entries(fields).flatMap(([key, value]) =>
      value === undefined ? [] : [` ${key}=${textOf(value)}`],
    );
    write(oneLine(`${time} ${level} ${message}${pairs.join('')}`));
  }
}

/** The line of a request that was answered; never a query, where secrets may be. */
export function requestFields(
  { id, request, response, path, caller, access }: Exchange,
  time: number,
): LogFields {
  const length = response.getHeader('content-length');
  return {
    id,
    method: request.method ?? '',
    path: path.slice(0, PATH_LIMIT),
    status: response.statusCode,
    ms: Math.round(time * 10) / 10,
    bytes: length === undefined ? undefined : Number(length),
    address: access.addressOf(request),
    user: caller.name,
  };
}

function textOf(value: string | number | boolean | null): string {
  return typeof value === 'string' && !PLAIN.test(value) ? JSON.stringify(value) : String(value);
}
