import { humanDuration } from './units.ts';

/** `2026-11-21 07:04:10 +0000 UTC`, in the local zone. */
export function goTimeText(time: Date): string {
  return `${localDay(time)} ${localClock(time)} ${offset(time, '')} ${zoneName(time)}`;
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

/** The zone's abbreviation. JavaScript knows those of America in US English and Europe's in British. */
function zoneName(time: Date): string {
  if (time.getTimezoneOffset() === 0 && /^(?:UTC|Etc\/.*)?$/.test(process.env['TZ'] ?? '')) {
    return 'UTC';
  }
  for (const locale of ['en-US', 'en-GB']) {
    const name = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' })
      .formatToParts(time)
      .find((part) => part.type === 'timeZoneName')?.value;
    if (name !== undefined && !/^GMT[+-]/.test(name)) return name;
  }
  return offset(time, '');
}
