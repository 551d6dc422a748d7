import { definedBy } from './classify.ts';
import { isPlainPath } from './dockerfile-text.ts';
import type { Typed } from './commands.ts';
import { quoted } from './shell-words.ts';

/** Variables that shells and terminals keep for themselves. */
const OWN =
  /^(?:_|PWD|OLDPWD|SHLVL|PS[0-4]|PROMPT_COMMAND|ENV|HISTFILE|HISTCMD|TERM|LINES|COLUMNS|HOSTNAME|LOGNAME|USER|SHELL|MAIL|PPID|UID|EUID|OPTIND|OPTERR|OPTARG|RANDOM|SECONDS|SRANDOM|EPOCH\w*|BASH\w*|__?stave_\w*|stave_\w*|IFS|LINENO|FUNCNAME|PIPESTATUS|DIRSTACK|GROUPS|HISTSIZE|HISTFILESIZE|HISTCONTROL|HISTIGNORE|MACHTYPE|OSTYPE|HOSTTYPE|COMP_\w*|SHELLOPTS)$/;
const DEFAULT_UMASK = 0o022;

/** What earlier commands of a shell defined, oldest first. */
export class Definitions {
  readonly #texts = new Map<string, string[]>();

  /** Remembers a command that defines something. */
  add({ text, after }: Typed): void {
    if (text === undefined) return;
    const key = `${after.shell} ${after.pid}`;
    this.#texts.set(key, [...(this.#texts.get(key) ?? []), text]);
  }

  /** Those that a command may need. */
  of({ text = '', before }: Typed): readonly string[] {
    const all = this.#texts.get(`${before.shell} ${before.pid}`) ?? [];
    const needed: string[] = [];
    for (const one of all.toReversed()) {
      const isNeeded = definedBy(one).some(
        (name) => name === '*' || [text, ...needed].some((other) => holds(other, name)),
      );
      if (isNeeded) needed.unshift(one);
    }
    return needed;
  }
}

/** Whether a text has a name as a word of its own. */
function holds(text: string, name: string): boolean {
  const plain = name.replaceAll(/[.*+?^${}()|[\]\\-]/g, '\\$&');
  return new RegExp(`(?<![\\w.-])${plain}(?![\\w.-])`).test(text);
}

/**
 * The lines that bring a shell to where it was when a command was typed: mask, directory (where
 * a Dockerfile cannot name it), variables, functions.
 */
export function carriedLines(
  typed: Typed,
  baseline: ReadonlyMap<string, string>,
  definitions: readonly string[],
): string[] {
  const { text = '', before, first } = typed;
  const exported = [...before.exported].filter(
    ([name, value]) => !OWN.test(name) && baseline.get(name) !== value,
  );
  const gone = [...baseline.keys()].filter((name) => !OWN.test(name) && !before.exported.has(name));
  const all = [text, ...definitions].join('\n');
  const own = [...before.variables].filter(
    ([name, value]) =>
      !OWN.test(name) &&
      !before.exported.has(name) &&
      first.variables.get(name) !== value &&
      new RegExp(`\\$\\{?[#!]?${name}(?!\\w)|\\(\\([^]*\\b${name}\\b`).test(all),
  );
  const assigned = (pairs: readonly (readonly [string, string])[]): string =>
    pairs.map(([name, value]) => `${name}=${quoted(value)}`).join(' ');
  return [
    ...(before.umask === DEFAULT_UMASK ? [] : [`umask ${octal(before.umask)}`]),
    ...(isPlainPath(before.directory) ? [] : [`cd ${quoted(before.directory)}`]),
    ...(exported.length > 0 ? [`export ${assigned(exported)}`] : []),
    ...(gone.length > 0 ? [`unset ${gone.join(' ')}`] : []),
    ...(own.length > 0 ? [assigned(own)] : []),
    ...definitions,
  ];
}

function octal(mask: number): string {
  return mask.toString(8).padStart(3, '0');
}
