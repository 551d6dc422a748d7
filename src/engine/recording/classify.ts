import type { Typed } from './commands.ts';
import { packageActions } from './packages.ts';

/** Programs with which people write files. */
const EDITORS =
  /^(?:vi|vim|nvim|view|nano|pico|emacs|ed|ex|joe|jed|mcedit|micro|ne|hx|kak|vipw|vigr|visudo|crontab)$/;
/** Programs that ask for more than their command line says. */
const ASKING =
  /^(?:su|login|bash|sh|ash|dash|zsh|fish|python3?|node|irb|psql|mysql|sqlite3|passwd|chsh|adduser|dpkg-reconfigure|mc|screen|tmux|newgrp|read|dialog|whiptail)$/;
/** Programs that change no file, when their output goes nowhere. */
const READING =
  /^(?:ls|cat|less|more|head|tail|grep|egrep|fgrep|pwd|echo|printf|which|type|whoami|id|groups|ps|top|df|du|free|uname|hostname|date|env|printenv|history|man|help|file|stat|wc|diff|cmp|tree|find|true|false|test|sleep|clear|reset|nproc|uptime|lsof|ss|netstat|ip|ping|md5sum|sha256sum|readlink|realpath|jobs|fg|bg|wait|exit|logout|cd|pushd|popd|set|export|unset|alias|unalias|umask|ulimit|shopt|trap|kill)$/;
/** From there on, a signal ended it. */
const SIGNALLED = 128;

/** The command's words as far as they can be told without being a shell; assignments in front are left out. */
export function simpleWords(text: string): string[] {
  const words = text.trim().split(/\s+/);
  let from = 0;
  while (/^[A-Za-z_]\w*=\S*$/.test(words[from] ?? '')) from += 1;
  if (/^(?:sudo|command|exec|builtin|time|nohup)$/.test(words[from] ?? '')) from += 1;
  return words.slice(from).map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
}

/**
 * Whether what a command left is taken as it is, instead of the command: somebody wrote it by
 * hand, or answered questions, or it was cut off, or something else did it meanwhile, or nobody
 * knows what it was.
 */
export function isTaken({ text, status }: Pick<Typed, 'text' | 'status'>): boolean {
  return text === undefined || status >= SIGNALLED || isByHand(text) || isReading(text);
}

/** Whether a command wants a person at the keyboard, or edits one file in place. */
export function isByHand(text: string): boolean {
  const [program = '', ...rest] = simpleWords(text);
  const name = program.slice(program.lastIndexOf('/') + 1);
  const reads = /[|<]/.test(text);
  if (EDITORS.test(name)) return true;
  if (ASKING.test(name)) {
    return !reads && !rest.some((word) => word === '-c' || word === '-e' || /^[^-]/.test(word))
      ? true
      : name === 'su' && !rest.some((word) => word.startsWith('-c'));
  }
  const compound = /[;&|\n`]|\$\(/.test(text);
  if (compound) return false;
  if (name === 'cat')
    return !reads && rest.every((word, at) => word.startsWith('-') || isTarget(rest, word, at));
  if (name === 'tee') return !reads;
  return name === 'sed' && rest.some((word) => /^(?:-[a-zA-Z]*i|--in-place)/.test(word));
}

/** `> file`, `>>file`: nothing that would be read. */
function isTarget(words: readonly string[], word: string, at: number): boolean {
  return word.startsWith('>') || /^>>?$/.test(words[at - 1] ?? '');
}

/** Whether a command is known to change no file, whatever it finds. */
export function isReading(text: string): boolean {
  if (/[>`\n]|\$\(|<\(/.test(text.replace(/2>&1|[12&]?>\s*\/dev\/null/g, ''))) return false;
  const parts = text.split(/&&|\|\||[;|&]/).filter((part) => part.trim() !== '');
  return parts.every((part) => {
    const [name = ''] = simpleWords(part);
    if (name === '') return true;
    if (name === 'find' && /\s-(?:delete|exec|ok|fprint|fls)/.test(part)) return false;
    return READING.test(name);
  });
}

/** Whether the last part of a command goes on in the background. */
export function isInBackground(text: string): boolean {
  return /(?:^|[^&])&\s*(?:#.*)?$/.test(text) || /[^&>|<]&[^&>\d]/.test(text);
}

/** What a command defines for later ones of its shell: names of functions and aliases, or `*` for settings. */
export function definedBy(text: string): readonly string[] {
  const first = text.trim();
  const shape = /^(?:function\s+([\w.-]+)\s*(?:\(\s*\))?|([\w.-]+)\s*\(\s*\))\s*[{(]/.exec(first);
  const name = shape?.[1] ?? shape?.[2];
  if (name !== undefined) return [name];
  if (/^alias\s/.test(first)) {
    return [...first.matchAll(/(?:^alias|\s)\s*([\w.-]+)=/g)].flatMap(([, one]) => one ?? []);
  }
  // A script that is read in may define anything; so may an array.
  if (/^(?:set\s+[-+]|shopt\s|\.\s|source\s|declare\s|typeset\s)/.test(first)) return ['*'];
  const array = /^([A-Za-z_]\w*)\+?=\(/.exec(first)?.[1];
  return array === undefined ? [] : [array];
}

/** Whether a command is one of a package manager's that can be said again. */
export function isPackages(text: string): boolean {
  return packageActions(text) !== undefined;
}
