import { closeSync, openSync, readSync } from 'node:fs';

/** What the zone of this machine is called at a time: `UTC`, `CEST`, `-03`; undefined where it is not known. */
export type ZoneNames = (time: Date) => string | undefined;

const FOLDER = '/usr/share/zoneinfo';
const HEADER = 44;
/** The largest file of the database has a few kilobytes. */
const LIMIT = 64 * 1024;
const FOOTER = /^\n(<[^>]+>|[A-Za-z]+)([+-]?)(\d+)(?::(\d+))?(?::\d+)?(<[^>]+>|[A-Za-z]+)?/;

/**
 * The names in the file of the zone that `TZ` says, else of the machine's own. JavaScript knows
 * the time of all zones, but the short names of few.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9636
 */
export function zoneNames(variable: string | undefined): ZoneNames {
  const name = variable?.replace(/^:/, '');
  if (name === '') return () => 'UTC';
  const path = name === undefined ? '/etc/localtime' : `${FOLDER}/${name}`;
  const data =
    name?.includes('..') === true ? undefined : start(name?.startsWith('/') ? name : path);
  try {
    return (data && namesIn(data)) ?? (() => undefined);
  } catch (error) {
    // Numbers beyond its end: the file is no such file.
    if (error instanceof RangeError) return () => undefined;
    throw error;
  }
}

function start(path: string): Buffer | undefined {
  try {
    const fd = openSync(path, 'r');
    try {
      const data = Buffer.alloc(LIMIT);
      return data.subarray(0, readSync(fd, data, 0, LIMIT, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

/** The second part of the file, whose times have 64 bits; undefined for what is no such file. */
function namesIn(data: Buffer): ZoneNames | undefined {
  if (data.toString('latin1', 0, 4) !== 'TZif' || (data[4] ?? 0) < 0x32) return undefined;
  const first = countsAt(data, 0);
  const at =
    HEADER +
    first.times * 5 +
    first.types * 6 +
    first.letters +
    first.leaps * 8 +
    first.standard +
    first.universal;
  const { times, types, letters, leaps, standard, universal } = countsAt(data, at);
  const timesAt = at + HEADER;
  const indexAt = timesAt + times * 8;
  const typesAt = indexAt + times;
  const lettersAt = typesAt + types * 6;
  const end = lettersAt + letters + leaps * 12 + standard + universal;
  const changes = Array.from({ length: times }, (_, i) =>
    Number(data.readBigInt64BE(timesAt + i * 8)),
  );
  const names = Array.from({ length: types }, (_, i) => {
    const from = lettersAt + data.readUInt8(typesAt + i * 6 + 5);
    return data.toString('latin1', from, data.indexOf(0, from));
  });
  const later = afterwards(data.toString('latin1', end, end + 200));
  return (time) => {
    const seconds = time.getTime() / 1000;
    const last = changes.findLastIndex((change) => change <= seconds);
    if (last === times - 1 && later) return later(time);
    return names[last < 0 ? 0 : data.readUInt8(indexAt + last)];
  };
}

function countsAt(
  data: Buffer,
  at: number,
): Readonly<Record<'universal' | 'standard' | 'leaps' | 'times' | 'types' | 'letters', number>> {
  const count = (place: number): number => {
    const value = data.readUInt32BE(at + 20 + place * 4);
    if (value > LIMIT) throw new RangeError('more entries than bytes');
    return value;
  };
  return {
    universal: count(0),
    standard: count(1),
    leaps: count(2),
    times: count(3),
    types: count(4),
    letters: count(5),
  };
}

/** Names by the rule at the end of the file, for times behind its last change. */
function afterwards(footer: string): ZoneNames | undefined {
  const match = FOOTER.exec(footer);
  if (!match) return undefined;
  const [, standard = '', sign, hours, minutes = '0', summer] = match;
  const west = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  const plain = (name: string): string => name.replace(/[<>]/g, '');
  return (time) =>
    plain(summer === undefined || time.getTimezoneOffset() === west ? standard : summer);
}
