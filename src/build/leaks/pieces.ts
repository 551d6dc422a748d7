import { isRandom, isTelling } from './worth.ts';

/** Bytes of a value that are searched as a whole; of longer ones, pieces are. */
const WHOLE = 64;
/** Bytes of such a piece. */
const PIECE = 48;
const MOST_PIECES = 6;
/** Parts of one value. */
const MOST_PARTS = 64;
/** Lines that are longer hold no assignments that somebody wrote. */
const LONGEST_LINE = 4096;

/**
 * What of a value is searched: all of it when it is short; of a file the pieces that are the
 * least like anything else, and the passwords and tokens that it holds, because whoever copies
 * them copies these. Empty when nothing of it would tell anything.
 */
export function piecesOf(value: Uint8Array): Buffer[] {
  const whole = trimmed(Buffer.from(value));
  const text = whole.toString('latin1');
  const isShort = whole.length <= WHOLE;
  const found = new Set<string>();
  if (isShort && isTelling(whole)) found.add(text);
  for (const part of parts(text)) {
    if (found.size >= MOST_PARTS) break;
    if (isTelling(Buffer.from(part, 'latin1'))) found.add(part);
  }
  // A file that holds passwords is known by these; the rest of it may be in any other.
  if (!isShort && (found.size === 0 || HAS_KEY.test(text))) {
    for (const window of windows(text)) found.add(window);
  }
  return [...found].map((piece) => Buffer.from(piece, 'latin1'));
}

/** Passwords in URLs, as they are typed and as they are meant. */
export function passwordsIn(text: string): string[] {
  return [...text.matchAll(/[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@"']*:([^\s/@"']{1,500})@/gi)].flatMap(
    ([, password = '']) => [password, decoded(password)],
  );
}

const ASSIGNED =
  /([\w.-]{0,60}(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|_auth|auth|credential)[\w.-]{0,20})["']?\s{0,4}(?:[:=]\s{0,4}|\s)["']?([^\s"',;]{6,500})/gi;
const TOKEN = /(?<![\w+/=:-])[A-Za-z0-9+/_=-]{20,}(?:\.[A-Za-z0-9_-]{10,}){0,4}/g;
const BLOCK = /-----BEGIN ([A-Z ]{1,40})-----([^]{0,20000}?)-----END \1-----/g;
const HAS_KEY = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY/;
const NO_TOKEN = /^(?:sha\d+-|[0-9a-f]{8}-[0-9a-f]{4}-|AAAA[A-Z])/i;

/** What looks like a password or token within a longer text. */
function parts(text: string): string[] {
  const lines = text.split(/[\r\n]+/).filter((line) => line.length <= LONGEST_LINE);
  const found = lines.flatMap((line) => {
    const assigned = [...line.matchAll(ASSIGNED)].map(([, , value = '']) => value);
    return [...passwordsIn(line), ...assigned.flatMap((one) => [one, ...ofBasic(one)])];
  });
  // Keys are lines of base64: the windows are made of these.
  if (/-----BEGIN /.test(text)) return found.map(last);
  const tokens = lines.flatMap((line) => line.match(TOKEN) ?? []);
  return [...found, ...tokens.filter((token) => !NO_TOKEN.test(token) && isRandom(token))]
    .filter((part) => part !== text)
    .map(last);
}

/** The end of a long token: its beginning may be the same in all of its kind. */
function last(token: string): string {
  return token.slice(-WHOLE);
}

/** The password in the base64 of `user:password`, as files for registries have it. */
function ofBasic(value: string): string[] {
  if (!/^[A-Za-z0-9+/]{8,}={0,2}$/.test(value)) return [];
  const text = Buffer.from(value, 'base64').toString('latin1');
  const password = /^[\x21-\x7e]+?:([\x20-\x7e]+)$/.exec(text)?.[1];
  return password === undefined ? [] : [password];
}

/** The pieces of a long value that are the least like anything else. */
function windows(text: string): string[] {
  const keys = [...text.matchAll(BLOCK)]
    .filter(([, kind = '']) => kind.includes('PRIVATE'))
    // The first half of a private key's file is public, or the same in all of its kind.
    .map(([, , body = '']) => body.slice(body.length / 2));
  const own = keys.length > 0 ? keys.join('\n') : text.replace(BLOCK, '\n');
  let candidates = own.split(/\\n|[\r\n]+/).flatMap((line) => cut(line.trim()));
  if (candidates.length === 0) candidates = cut(text);
  const ranked = [...new Set(candidates)]
    .map((window) => ({ window, rank: rank(window) }))
    .sort((a, b) => b.rank - a.rank)
    .slice(0, MOST_PIECES);
  const least = (ranked[0]?.rank ?? 0) * 0.75;
  return ranked.filter((one) => one.rank >= least).map(({ window }) => window);
}

function cut(line: string): string[] {
  if (line.length < PIECE - 16) return [];
  const step = Math.max(PIECE, Math.floor(line.length / 64));
  const found: string[] = [];
  for (let at = 0; at + PIECE <= line.length; at += step) found.push(line.slice(at, at + PIECE));
  return found.length > 0 ? found : [line];
}

/** Different characters, and changes between their kinds. */
function rank(window: string): number {
  const kind = (char = ''): number =>
    /[a-z]/.test(char) ? 1 : /[A-Z]/.test(char) ? 2 : /\d/.test(char) ? 3 : 4;
  let changes = 0;
  for (let at = 1; at < window.length; at += 1) {
    if (kind(window[at]) !== kind(window[at - 1])) changes += 1;
  }
  return new Set(window).size + changes;
}

function decoded(text: string): string {
  try {
    return Buffer.from(decodeURIComponent(text)).toString('latin1');
  } catch {
    return text;
  }
}

/** Without white space and NULs around it. */
function trimmed(value: Buffer): Buffer {
  let [start, end] = [0, value.length];
  while (start < end && value[start]! <= 0x20) start += 1;
  while (end > start && value[end - 1]! <= 0x20) end -= 1;
  return value.subarray(start, end);
}
