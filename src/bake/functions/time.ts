import { parseDuration } from '../../dockerfile/duration.ts';
import { InstructionValueError } from '../../dockerfile/errors.ts';
import { ValueError } from '../errors.ts';
import type { PlainFunction } from '../eval/scope.ts';
import { toInteger } from '../value/number.ts';
import { number, object, string, type Value } from '../value/value.ts';
import { argument, define, num, takes, text } from './define.ts';

/** A moment in seconds since 1970, as it is read in a zone. */
interface Moment {
  readonly seconds: number;
  /** Minutes east of Greenwich. */
  readonly zone: number;
  readonly fraction: string;
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const DAY = 86_400_000;

/** Dates and times. `timestamp` is that of the definition. */
export function timeFunctions(now: Date): Readonly<Record<string, PlainFunction>> {
  return {
    formatdate: define([takes.text('format'), takes.text('time')], (args) =>
      string(format(text(args, 0), parse(text(args, 1)))),
    ),
    formattimestamp: define([takes.text('format'), takes.any('time')], (args) => {
      const moment = momentOf(argument(args, 1));
      return string(text(args, 0) === 'X' ? `${moment.seconds}` : format(text(args, 0), moment));
    }),
    timeadd: define([takes.text('timestamp'), takes.text('duration')], (args) =>
      string(add(text(args, 0), text(args, 1))),
    ),
    timestamp: define([], () => string(`${now.toISOString().slice(0, 19)}Z`)),
    unixtimestampparse: define([takes.number('unix_timestamp')], (args) =>
      parts(unix(toInteger(num(args, 0)))),
    ),
  };
}

function momentOf(value: Value): Moment {
  if (value.kind === 'string') return parse(value.data);
  if (value.kind === 'number') return unix(toInteger(value.data));
  throw new ValueError('must be a string timestamp or a unix timestamp number');
}

function unix(seconds: number | undefined): Moment {
  if (seconds === undefined) throw new ValueError('unix timestamp must be an integer');
  if (Math.abs(seconds) > 8e12) throw new ValueError('unix timestamp is out of range');
  return { seconds, zone: 0, fraction: '' };
}

function parse(typed: string): Moment {
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] =
    RFC3339.exec(typed) ?? [];
  const date = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const isReal =
    new Date(date).getUTCDate() === Number(day) &&
    Number(month) >= 1 &&
    Number(month) <= 12 &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60;
  if (!isReal) throw new ValueError(`not a valid RFC3339 timestamp: ${JSON.stringify(typed)}`);
  const offset =
    zone === 'Z'
      ? 0
      : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)));
  return { seconds: date / 1000 - offset * 60, zone: offset, fraction };
}

function local({ seconds, zone }: Moment): Date {
  return new Date((seconds + zone * 60) * 1000);
}

const pad = (value: number, length = 2): string => `${value}`.padStart(length, '0');

function zoneText({ zone }: Moment, separator: string, utc: string): string {
  if (zone === 0) return utc;
  const size = Math.abs(zone);
  return `${zone < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}${separator}${pad(size % 60)}`;
}

/** Each run of one letter by what it stands for. */
function wordOf(word: string, moment: Moment): string | undefined {
  const date = local(moment);
  const [hour, month, day] = [date.getUTCHours(), date.getUTCMonth(), date.getUTCDate()];
  const half = hour % 12 || 12;
  const words: Readonly<Record<string, string>> = {
    YYYY: pad(date.getUTCFullYear(), 4),
    YY: pad(date.getUTCFullYear() % 100),
    MMMM: MONTHS[month] ?? '',
    MMM: (MONTHS[month] ?? '').slice(0, 3),
    MM: pad(month + 1),
    M: `${month + 1}`,
    DD: pad(day),
    D: `${day}`,
    EEEE: DAYS[date.getUTCDay()] ?? '',
    EEE: (DAYS[date.getUTCDay()] ?? '').slice(0, 3),
    hh: pad(hour),
    h: `${hour}`,
    HH: pad(half),
    H: `${half}`,
    AA: hour < 12 ? 'AM' : 'PM',
    aa: hour < 12 ? 'am' : 'pm',
    mm: pad(date.getUTCMinutes()),
    m: `${date.getUTCMinutes()}`,
    ss: pad(date.getUTCSeconds()),
    s: `${date.getUTCSeconds()}`,
    ZZZZZ: zoneText(moment, ':', '+00:00'),
    ZZZZ: zoneText(moment, '', '+0000'),
    ZZZ: zoneText(moment, '', 'UTC'),
    Z: zoneText(moment, ':', 'Z'),
  };
  return Object.hasOwn(words, word) ? words[word] : undefined;
}

function format(pattern: string, moment: Moment): string {
  let result = '';
  for (const [piece] of pattern.matchAll(/'(?:[^']|'')*'?|([a-zA-Z])\1*|[^a-zA-Z']+/g)) {
    if (piece.startsWith("'")) result += quoted(piece);
    else if (/^[a-zA-Z]/.test(piece)) {
      const word = wordOf(piece, moment);
      if (word === undefined) {
        throw new ValueError(
          `invalid date format verb ${JSON.stringify(piece)}; write literal letters in single quotes`,
        );
      }
      result += word;
    } else result += piece;
  }
  return result;
}

function quoted(piece: string): string {
  if (piece === "''") return "'";
  if (piece.length < 2 || !piece.endsWith("'")) throw new ValueError("unterminated literal '");
  return piece.slice(1, -1).replaceAll("''", "'");
}

function rfc3339(moment: Moment): string {
  return `${local(moment).toISOString().slice(0, 19)}${moment.fraction.replace(/\.?0+$/, '')}${zoneText(moment, ':', 'Z')}`;
}

function add(typed: string, duration: string): string {
  const moment = parse(typed);
  let nanoseconds: number;
  try {
    nanoseconds = parseDuration(duration);
  } catch (error) {
    if (!(error instanceof InstructionValueError)) throw error;
    throw new ValueError(error.message);
  }
  const before = Math.round(Number(`0${moment.fraction || '.0'}`) * 1e9);
  const total = before + nanoseconds;
  const seconds = Math.floor(total / 1e9);
  const rest = Math.round(total - seconds * 1e9);
  return rfc3339({
    ...moment,
    seconds: moment.seconds + seconds,
    fraction: rest === 0 ? '' : `.${pad(rest, 9)}`,
  });
}

function parts(moment: Moment): Value {
  const date = local(moment);
  const [year, day] = [date.getUTCFullYear(), date.getUTCDay()];
  const midnight = Date.UTC(year, date.getUTCMonth(), date.getUTCDate());
  const thursday = new Date(midnight + (4 - (day || 7)) * DAY);
  const start = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return object([
    ['year', number(year)],
    ['year_day', number((midnight - Date.UTC(year, 0, 1)) / DAY + 1)],
    ['day', number(date.getUTCDate())],
    ['month', number(date.getUTCMonth() + 1)],
    ['month_name', string(MONTHS[date.getUTCMonth()] ?? '')],
    ['weekday', number(day)],
    ['weekday_name', string(DAYS[day] ?? '')],
    ['hour', number(date.getUTCHours())],
    ['minute', number(date.getUTCMinutes())],
    ['second', number(date.getUTCSeconds())],
    ['rfc3339', string(rfc3339(moment))],
    ['iso_year', number(thursday.getUTCFullYear())],
    ['iso_week', number(Math.floor((thursday.getTime() - start) / DAY / 7) + 1)],
  ]);
}
