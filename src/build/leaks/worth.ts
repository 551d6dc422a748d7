import { looksSecret } from '../../dockerfile/lint/key-values.ts';

/** Bytes of values that are searched. */
const SHORTEST = 6;
/** Bytes of words that are: shorter ones are names of users, systems and modes as well. */
const LONG_WORD = 12;
/** Bytes of arguments that are searched. */
const SHORT = 8;
/** Of an argument whose name may as well mean something harmless. */
const LONG = 16;

/**
 * Whether finding a secret's value means that it leaked. A few bytes may be anywhere, and so may
 * a word: `postgres`, `Production`. Below twelve bytes it needs letters with digits or signs, or
 * capitals within. The like of `12345678` is never searched.
 */
export function isTelling(value: Uint8Array): boolean {
  if (value.length < SHORTEST) return false;
  const text = Buffer.from(value).toString('latin1');
  if (new Set(text).size < 4 || isSequence(text)) return false;
  return value.length >= LONG_WORD || kindsOf(text) > 1;
}

/**
 * Whether a build argument is treated as a secret: its name says so, and its value is none that
 * anybody could have written. `CACHE_KEY=node-22` is not; `NPM_TOKEN=npm_…` is.
 */
export function isSecretArgument(name: string, value: string): boolean {
  if (!looksSecret(name)) return false;
  const bytes = Buffer.from(value);
  if (bytes.length < SHORT || kindsOf(value) < 2 || !isTelling(bytes)) return false;
  return SURE.test(name) || (bytes.length >= LONG && isRandom(value));
}

/** Names that mean nothing else; keys are for caches and sorting, too. */
const SURE = /apikey|api_key|access_key|private_key|credential|password|pword|passwd|secret|token/i;

/** Whether a text looks as if a machine had drawn its characters: no words, no path, no version. */
export function isRandom(text: string): boolean {
  if (!/\d/.test(text) || !/[a-z]/i.test(text)) return false;
  let changes = 0;
  for (let at = 1; at < text.length; at += 1) {
    const [one, other] = [kindOf(text[at - 1]!), kindOf(text[at]!)];
    if (one !== other && one !== 'sign' && other !== 'sign') changes += 1;
  }
  return changes * 6 >= text.length && new Set(text).size * 3 >= Math.min(text.length, 30);
}

type Kind = 'lower' | 'upper' | 'digit' | 'sign';

function kindOf(char: string): Kind {
  if (char >= 'a' && char <= 'z') return 'lower';
  if (char >= 'A' && char <= 'Z') return 'upper';
  return char >= '0' && char <= '9' ? 'digit' : 'sign';
}

/** How many kinds of characters there are; a capital at the beginning is none of its own. */
function kindsOf(text: string): number {
  return new Set(Array.from(text.slice(0, 1).toLowerCase() + text.slice(1), kindOf)).size;
}

/** `12345678`, `abcdefgh`. */
function isSequence(text: string): boolean {
  for (let at = 1; at < text.length; at += 1) {
    if (text.charCodeAt(at) !== text.charCodeAt(at - 1) + 1) return false;
  }
  return true;
}
