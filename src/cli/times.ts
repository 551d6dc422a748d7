import { humanDuration } from './units.ts';
import { zoneNames, type ZoneNames } from './zone.ts';

/** Writes times as `2026-11-21 07:04:10 +0000 UTC`, in the local zone, which is looked up once. */
export function goTimeWriter(): (time: Date) => string {
  let names: ZoneNames | undefined;
  return (time) => {
    names ??= zoneNames(process.env['TZ']);
    const shift = offset(time, '');
    return `${localDay(time)} ${localClock(time)} ${shift} ${names(time) ?? (shift === '+0000' ? 'UTC' : shift)}`;
  };
}

/** RFC 3339 to the second, in the local zone: `2026-11-21T07:01:20Z`. */
export function rfc3339(time: Date): string {
  const zone = time.getTimezoneOffset() === 0 ? 'Z' : offset(time, ':');
  return `${localDay(time)}T${localClock(time)}${zone}`;
}

/** RFC 3339 with nine digits of the second, in the local zone: `2026-11-21T07:01:20.123000000Z`. */
export function nanoTime(time: Date): string {
  const zone = time.getTimezoneOffset() === 0 ? 'Z' : offset(time, ':');
  const fraction = String(time.getMilliseconds()).padStart(3, '0').padEnd(9, '0');
  return `${localDay(time)}T${localClock(time)}.${fraction}${zone}`;
}

/** `2 minutes ago`; `N/A` for a time that is not known. */
export function ago(time: Date | undefined, now: Date): string {
  return time === undefined || time.getTime() <= 0
    ? 'N/A'
    : `${humanDuration(now.getTime() - time.getTime())} ago`;
}

const two = (n: number): string => String(n).padStart(2, '0');

function localDay(time: Date): string {
  const year = String(time.getFullYear()).padStart(4, '0');
  return `${year}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

function localClock(time: Date): string {
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

function offset(time: Date, colon: string): string {
  const minutes = -time.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${colon}${two(size % 60)}`;
}
