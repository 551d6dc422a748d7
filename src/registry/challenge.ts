/** One way in which a server lets itself be asked, from a `WWW-Authenticate` header. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[A-Za-z0-9!#$%&'*+.^_`|~-]+/y;
const SPACE = /[ \t]*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const VALUE = /[^\s,"]+/y;
/** Longer headers are of no use to anybody. */
const LIMIT = 16 * 1024;

/**
 * Reads all challenges of one or more headers joined with commas. Commas part challenges and
 * parameters alike; what follows them tells which: a parameter has an equals sign. What cannot
 * be read ends the list.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function parseChallenges(header: string): Challenge[] {
  const text = header.slice(0, LIMIT);
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match ?? undefined;
  };
  while (at < text.length) {
    take(SPACE);
    if (text[at] === ',') {
      at += 1;
      continue;
    }
    const word = take(TOKEN)?.[0];
    if (word === undefined) break;
    take(SPACE);
    if (text[at] !== '=') {
      found.push({ scheme: word.toLowerCase(), parameters: new Map() });
      continue;
    }
    at += 1;
    take(SPACE);
    const quoted = take(QUOTED)?.[1]?.replace(/\\(.)/g, '$1');
    const value = quoted ?? take(VALUE)?.[0] ?? '';
    found.at(-1)?.parameters.set(word.toLowerCase(), value);
  }
  return found;
}
