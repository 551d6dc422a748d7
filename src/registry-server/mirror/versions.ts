const VERSION = /^v?(\d{1,15}(?:\.\d{1,15}){0,9})(?:[-+_.]?([a-zA-Z].*)|-(\d.*))?$/;

/** A tag that is a version: `1.2.3`, `v1.2`, `3.20.1-rc1`. */
interface Version {
  readonly tag: string;
  readonly numbers: readonly number[];
  /** `rc1`, `alpine`: older than the same version without it. */
  readonly rest: string;
}

/** Undefined for a tag that is no version. */
function versionOf(tag: string): Version | undefined {
  const [all, numbers = '', word, more] = VERSION.exec(tag) ?? [];
  if (all === undefined) return undefined;
  return { tag, numbers: numbers.split('.').map(Number), rest: word ?? more ?? '' };
}

/** Tags with the newest versions, the newest first. */
export function newestOf(tags: readonly string[], count: number): string[] {
  return tags
    .flatMap((tag) => versionOf(tag) ?? [])
    .toSorted((a, b) => -compare(a, b))
    .slice(0, count)
    .map(({ tag }) => tag);
}

function compare(a: Version, b: Version): number {
  const length = Math.max(a.numbers.length, b.numbers.length);
  for (let at = 0; at < length; at += 1) {
    // `1` is what moves on to `1.5`: the shorter one is the newer.
    const difference = (a.numbers[at] ?? Infinity) - (b.numbers[at] ?? Infinity);
    if (difference !== 0) return difference;
  }
  if (a.rest === b.rest) return a.tag < b.tag ? -1 : Number(a.tag > b.tag);
  if (a.rest === '' || b.rest === '') return a.rest === '' ? 1 : -1;
  return a.rest.localeCompare(b.rest, 'en', { numeric: true });
}
