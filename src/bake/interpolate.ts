import { BakeError } from './errors.ts';

type Lookup = (name: string) => string | undefined;

const PIECE =
  /\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])((?:[^{}$]|\$\{[^{}]*\}|\$(?!\{))*))?\})/g;
const DEEPEST = 5;

/**
 * A text of a compose file with its variables: `$X`, `${X}`, `${X:-y}`, `${X-y}`, `${X:?why}`,
 * `${X:+y}`, `$$`. Throws BakeError for a variable that is required and missing.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
 */
export function interpolate(text: string, lookup: Lookup, depth = 0): string {
  if (depth > DEEPEST) throw new BakeError(`variables are nested too deep: ${text.slice(0, 60)}`);
  return text.replace(
    PIECE,
    (whole, bare?: string, braced?: string, operator?: string, word = '') => {
      if (whole === '$$') return '$';
      const name = bare ?? braced ?? '';
      const value = lookup(name);
      const isSet = value !== undefined && !(operator?.startsWith(':') === true && value === '');
      const other = (): string => interpolate(word, lookup, depth + 1);
      switch (operator?.at(-1)) {
        case '-':
          return isSet ? value : other();
        case '+':
          return isSet ? other() : '';
        case '?':
          if (isSet) return value;
          throw new BakeError(
            `required variable ${name} is missing a value${word === '' ? '' : `: ${other()}`}`,
          );
        default:
          return value ?? '';
      }
    },
  );
}

/**
 * The variables of an `.env` file: `NAME=value`, quoted or not, `#` comments. Later ones may use
 * earlier ones.
 */
export function parseDotenv(text: string, lookup: Lookup): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const all: Lookup = (name) => lookup(name) ?? found.get(name);
  const entry =
    /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*(?:'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|([^\n]*))[^\n]*$/gm;
  for (const [, name = '', single, double, plain = ''] of text
    .replaceAll('\r\n', '\n')
    .matchAll(entry)) {
    if (single !== undefined) found.set(name, single);
    else if (double !== undefined) found.set(name, interpolate(unescaped(double), all));
    else found.set(name, interpolate(plain.replace(/(?:^|[ \t])#.*$/, '').trim(), all));
  }
  return found;
}

function unescaped(text: string): string {
  return text.replace(
    /\\([nrt"\\])/g,
    (_, letter: string) => ({ n: '\n', r: '\r', t: '\t' })[letter] ?? letter,
  );
}
