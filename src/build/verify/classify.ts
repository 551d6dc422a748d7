import { isUtf8 } from 'node:buffer';

/** What kind of thing makes two builds differ. */
export type DifferenceKind =
  /** When it was made. */
  | 'time'
  /** The same lines in another order. */
  | 'order'
  /** Identifiers, numbers and names that are made up anew. */
  | 'randomness'
  /** What a server gave. */
  | 'network'
  /** Mode, owner, link target, attributes, kind of file. */
  | 'metadata'
  /** Only one of the two has it. */
  | 'presence'
  | 'content';

const GZIP = Buffer.from([0x1f, 0x8b]);
/** Bytes of a gzip header that hold a time. */
const GZIP_TIME: readonly [number, number] = [4, 8];
/** Magic number, flags, then the source's time. */
const PYC_TIME: readonly [number, number] = [8, 12];
const TAR_BLOCK = 512;
/** Seconds since the epoch that are taken for times: 2001 to 2100. */
const TIMES: readonly [number, number] = [978_307_200, 4_102_444_800];

const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*';
const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*';
const CLOCK = String.raw`\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?(?:AM|PM))?`;
const DATES = new RegExp(
  [
    String.raw`\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T _]${CLOCK})?(?:\s?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?`,
    String.raw`${DAY},?\s+\d{1,2}\s+${MONTH}\s+\d{4}(?:\s+${CLOCK})?(?:\s+(?:[A-Z]{3,4}|[+-]\d{4}))?`,
    String.raw`${DAY}\s+${MONTH}\s+\d{1,2}\s+${CLOCK}(?:\s+[A-Z]{3,4})?\s+\d{4}`,
    String.raw`\d{1,2}[-/ ]${MONTH}[-/ ]\d{2,4}(?:[: ]${CLOCK})?`,
    String.raw`${MONTH}\s+\d{1,2},?\s+(?:\d{4}|${CLOCK})(?:\s+${CLOCK})?`,
    String.raw`\b20\d{6}[T_-]?\d{6}\b`,
    CLOCK,
    String.raw`\d+(?:\.\d+)?\s?(?:ms|\u00b5s|us|ns|seconds?|secs?|s|minutes?|mins?)\b`,
  ].join('|'),
  'g',
);
/** Made-up words: dumps of bytes, UUIDs and other words with digits, base64, what mktemp adds. */
const RANDOM = new RegExp(
  [
    String.raw`(?:\b[0-9a-fA-F]{2}[ :-]+){5,}[0-9a-fA-F]{2}\b`,
    String.raw`[A-Za-z0-9+/_=-]*\d[A-Za-z0-9+/_=-]*`,
    String.raw`\b(?=[A-Za-z+/_-]*[a-z][A-Z])[A-Za-z+/_-]{10,}={0,2}`,
    String.raw`\.[A-Za-z0-9]{6,12}\b`,
  ].join('|'),
  'g',
);

/** Says in what way two contents of one file differ. `fetches`: the step asks servers for things. */
export function classifyContent(
  a: Buffer,
  b: Buffer,
  fetches: boolean,
): { readonly kind: DifferenceKind; readonly what: string } {
  if (sameWithoutHeaderTimes(a, b)) return { kind: 'time', what: 'a time in its header' };
  const [left, right] = [a.toString('latin1'), b.toString('latin1')];
  if (sameLines(left, right)) return { kind: 'order', what: 'the same lines in another order' };
  if (withoutTimes(left) === withoutTimes(right)) return { kind: 'time', what: 'a time in it' };
  const text = isText(a) && isText(b);
  if (!text && a.length === b.length && onlyBinaryTimes(a, b)) {
    return { kind: 'time', what: 'a time in it' };
  }
  if (sameLines(withoutTimes(left), withoutTimes(right))) {
    return { kind: 'order', what: 'the same lines in another order, with other times' };
  }
  if (fetches) return { kind: 'network', what: 'content; the step fetches things' };
  if (text) {
    return masked(left) === masked(right)
      ? { kind: 'randomness', what: 'made-up words or numbers in it' }
      : { kind: 'content', what: 'content' };
  }
  if (a.length === b.length && isNoise(a, b)) return { kind: 'randomness', what: 'random bytes' };
  return { kind: 'content', what: 'content' };
}

/** Whether two names could be made up by the same program: they differ in their made-up part. */
export function sameButRandom(a: string, b: string): boolean {
  if (masked(a) === masked(b)) return true;
  // Whole names without digits, as of `mktemp`: what stands before the last dot is the same.
  const cut = (name: string): string => name.slice(0, name.lastIndexOf('.') + 1);
  return a.length === b.length && cut(a) === cut(b) && cut(a) !== '';
}

/** Whether an instruction asks servers for things. */
export function fetchesThings(instruction: string): boolean {
  return /\b(?:apt-get|apt|apk|yum|dnf|zypper|pacman|curl|wget|git (?:clone|fetch|pull)|pip3?|npm|npx|yarn|pnpm|gem|bundle|cargo|go (?:get|mod|install)|mvn|gradle|composer|nc|ADD https?:)(?![\w-])/.test(
    instruction,
  );
}

function withoutTimes(text: string): string {
  return text.replace(DATES, '\u0001').replace(/\b\d{10}(?:\.?\d{3,9})?\b/g, (digits) => {
    const seconds = Number(digits.slice(0, 10));
    return seconds >= TIMES[0] && seconds < TIMES[1] ? '\u0001' : digits;
  });
}

function masked(text: string): string {
  return withoutTimes(text).replace(RANDOM, '\u0002');
}

function sameLines(a: string, b: string): boolean {
  const lines = (text: string): string[] => text.split('\n').filter(Boolean).sort();
  const words = (text: string): string[] =>
    text
      .split(/[^\w.@/:+-]+/)
      .filter(Boolean)
      .sort();
  const equal = (x: readonly string[], y: readonly string[]): boolean =>
    x.length > 1 && x.length === y.length && x.every((one, index) => one === y[index]);
  return equal(lines(a), lines(b)) || equal(words(a), words(b));
}

function sameWithoutHeaderTimes(a: Buffer, b: Buffer): boolean {
  if (a.length !== b.length) return false;
  const blank = (bytes: Buffer, [from, to]: readonly [number, number]): Buffer =>
    Buffer.from(bytes).fill(0, from, to);
  const isPyc = a.readUInt16BE(Math.min(2, Math.max(0, a.length - 2))) === 0x0d0a;
  if (a.length > 16 && a.subarray(0, 2).equals(GZIP)) {
    return blank(a, GZIP_TIME).equals(blank(b, GZIP_TIME));
  }
  if (a.length > 16 && isPyc) return blank(a, PYC_TIME).equals(blank(b, PYC_TIME));
  if (a.length % TAR_BLOCK === 0 && a.toString('latin1', 257, 262) === 'ustar') {
    return withoutTarTimes(a).equals(withoutTarTimes(b));
  }
  return false;
}

/** A tar whose headers say no time, and so have no sum either. */
function withoutTarTimes(tar: Buffer): Buffer {
  const copy = Buffer.from(tar);
  for (let at = 0; at + TAR_BLOCK <= copy.length;) {
    if (copy.toString('latin1', at + 257, at + 262) !== 'ustar') break;
    const size = Number.parseInt(copy.toString('latin1', at + 124, at + 135), 8) || 0;
    copy.fill(0, at + 136, at + 156);
    at += TAR_BLOCK * (1 + Math.ceil(size / TAR_BLOCK));
  }
  return copy;
}

/** Whether all that differs are numbers of 32 bits that read as times. */
function onlyBinaryTimes(a: Buffer, b: Buffer): boolean {
  let at = 0;
  let any = false;
  while (at < a.length) {
    if (a[at] === b[at]) {
      at += 1;
      continue;
    }
    const end = timeAround(a, b, at);
    if (end === undefined) return false;
    any = true;
    at = end;
  }
  return any;
}

/** The end of a time that covers a byte which differs. */
function timeAround(a: Buffer, b: Buffer, at: number): number | undefined {
  for (let from = Math.max(0, at - 3); from <= at && from + 4 <= a.length; from += 1) {
    for (const read of ['readUInt32LE', 'readUInt32BE'] as const) {
      const [x, y] = [a[read](from), b[read](from)];
      const near = Math.abs(x - y) < 366 * 24 * 3600;
      if (near && [x, y].every((one) => one >= TIMES[0] && one < TIMES[1])) return from + 4;
    }
  }
  return undefined;
}

function isText(bytes: Buffer): boolean {
  return !bytes.includes(0) && isUtf8(bytes);
}

/** Whether most bytes of where two contents differ are different: nothing is left of one in the other. */
function isNoise(a: Buffer, b: Buffer): boolean {
  let first = -1;
  let last = -1;
  let different = 0;
  for (let at = 0; at < a.length; at += 1) {
    if (a[at] === b[at]) continue;
    if (first < 0) first = at;
    last = at;
    different += 1;
  }
  return different * 2 > last - first + 1;
}
