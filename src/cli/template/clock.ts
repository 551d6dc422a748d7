import type { Method, Time, Value } from './values.ts';

/*
 * Go's lengths of time and points in time, as templates print them and call their methods.
 * Points in time are in UTC, as in the documents that they come from.
 */

const UNITS = { Nanoseconds: 1, Microseconds: 1e3, Milliseconds: 1e6 } as const;
const PARTS = { Seconds: 1e9, Minutes: 6e10, Hours: 3.6e12 } as const;

/** A length of time in nanoseconds as Go writes it: `1h30m0s`, `1.5s`, `20ms`. */
export function durationText(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s';
  const sign = nanoseconds < 0n ? '-' : '';
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 3)}µs`;
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 6)}ms`;
  const minutes = size / 60_000_000_000n;
  const seconds = `${decimal(size % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return `${sign}${hours > 0n ? `${hours}h` : ''}${minutes % 60n}m${seconds}`;
}

/** A method of a length of time: `.Seconds`, `.String`; undefined when it has none of that name. */
export function durationMethod(nanoseconds: bigint, name: string): Method | undefined {
  const value = Number(nanoseconds);
  if (name === 'String') return method(() => durationText(nanoseconds));
  if (Object.hasOwn(UNITS, name)) {
    const unit = BigInt(UNITS[name as keyof typeof UNITS]);
    return method(() => ({ kind: 'integer', type: 'int64', value: nanoseconds / unit }));
  }
  if (Object.hasOwn(PARTS, name)) {
    const unit = PARTS[name as keyof typeof PARTS];
    return method(() => ({ kind: 'float', value: value / unit }));
  }
  return undefined;
}

/** A point in time as Go prints it: `2026-11-21 07:07:08.534 +0000 UTC`. */
export function timeText({ json }: Time): string {
  return `${json.replace('T', ' ').replace('Z', '')} +0000 UTC`;
}

/** A method of a point in time: `.Year`, `.Unix`, `.Format "2006-01-02"`; undefined when it has none of that name. */
export function timeMethod(time: Time, name: string): Method | undefined {
  const at = new Date(time.json);
  const numbers: Readonly<Record<string, number>> = {
    Year: at.getUTCFullYear(),
    Day: at.getUTCDate(),
    Hour: at.getUTCHours(),
    Minute: at.getUTCMinutes(),
    Second: at.getUTCSeconds(),
  };
  const number = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
  if (number !== undefined) return method(() => number);
  switch (name) {
    case 'IsZero':
      return method(() => time.json === '0001-01-01T00:00:00Z');
    case 'Unix':
    case 'UnixMilli': {
      const value = BigInt(Math.floor(at.getTime() / (name === 'Unix' ? 1000 : 1)));
      return method(() => ({ kind: 'integer', type: 'int64', value }));
    }
    case 'UTC':
    case 'Local':
      return method(() => time);
    case 'String':
      return method(() => timeText(time));
    case 'Month':
    case 'Weekday':
      return method(() => formatTime(at, time.json, name === 'Month' ? 'January' : 'Monday'));
    case 'Format':
      return {
        kind: 'method',
        params: ['string'],
        call: ([layout]) => formatTime(at, time.json, typeof layout === 'string' ? layout : ''),
      };
    default:
      return undefined;
  }
}

const LAYOUT =
  /2006|06|January|Jan|01|1(?!5)|Monday|Mon|02|_2|2|15|03|3|04|4|05|5|PM|pm|[.,](?:0+|9+)(?!\d)|MST|Z07:00|Z0700|-07:00|-0700|-07/g;

/** Writes a time by an example of it, as Go does: the layout is how 2 January 2006, 15:04:05 would look. */
function formatTime(at: Date, json: string, layout: string): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const word = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' }).format(at);
  const half = at.getUTCHours() % 12 || 12;
  const nanoseconds = (/\.(\d+)/.exec(json)?.[1] ?? '').padEnd(9, '0').slice(0, 9);
  const pieces: Readonly<Record<string, () => string>> = {
    '2006': () => String(at.getUTCFullYear()).padStart(4, '0'),
    '06': () => two(at.getUTCFullYear() % 100),
    January: () => word({ month: 'long' }),
    Jan: () => word({ month: 'short' }),
    '01': () => two(at.getUTCMonth() + 1),
    '1': () => String(at.getUTCMonth() + 1),
    Monday: () => word({ weekday: 'long' }),
    Mon: () => word({ weekday: 'short' }),
    '02': () => two(at.getUTCDate()),
    _2: () => String(at.getUTCDate()).padStart(2, ' '),
    '2': () => String(at.getUTCDate()),
    '15': () => two(at.getUTCHours()),
    '03': () => two(half),
    '3': () => String(half),
    '04': () => two(at.getUTCMinutes()),
    '4': () => String(at.getUTCMinutes()),
    '05': () => two(at.getUTCSeconds()),
    '5': () => String(at.getUTCSeconds()),
    PM: () => (at.getUTCHours() < 12 ? 'AM' : 'PM'),
    pm: () => (at.getUTCHours() < 12 ? 'am' : 'pm'),
    MST: () => 'UTC',
    'Z07:00': () => 'Z',
    Z0700: () => 'Z',
    '-07:00': () => '+00:00',
    '-0700': () => '+0000',
    '-07': () => '+00',
  };
  return layout.replace(LAYOUT, (piece) => {
    const write = pieces[piece];
    if (write) return write();
    const digits = nanoseconds.slice(0, piece.length - 1);
    if (piece.includes('0')) return piece[0] + digits;
    const short = digits.replace(/0+$/, '');
    return short === '' ? '' : piece[0] + short;
  });
}

/** Whole parts and up to `places` decimals, without zeros at the end. */
function decimal(value: bigint, places: number): string {
  const text = String(value).padStart(places + 1, '0');
  return `${text.slice(0, -places)}.${text.slice(-places)}`.replace(/\.?0+$/, '');
}

function method(call: () => Value): Method {
  return { kind: 'method', params: [], call };
}
