import { elapsed } from '../../base/clock.ts';
import { ValueError } from '../errors.ts';
import type { PlainFunction } from '../eval/scope.ts';
import {
  checkLength,
  list,
  nullOf,
  object,
  string,
  STRING,
  tuple,
  typeOf,
  type Type,
  type Value,
} from '../value/value.ts';
import { define, takes, text } from './define.ts';

/** Milliseconds that all patterns may take: one may be written to take forever. */
const PATIENCE = 1000;
const MOST = 100_000;
const CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

type Match = RegExpMatchArray;
type Find = (pattern: string, subject: string, most: number) => Match[];

/** Regular expressions as Go writes them. All that are made here share one allowance of time. */
export function regexFunctions(): Readonly<Record<string, PlainFunction>> {
  const find = finder();
  return {
    regex: define([takes.text('pattern'), takes.text('string')], (args) => {
      const [first] = find(text(args, 0), text(args, 1), 1);
      if (first === undefined) {
        throw new ValueError('pattern did not match any part of the given string');
      }
      return matched(first);
    }),
    regexall: define([takes.text('pattern'), takes.text('string')], (args) => {
      const found = find(text(args, 0), text(args, 1), MOST).map(matched);
      const of: Type = found[0] === undefined ? STRING : typeOf(found[0]);
      return list(of, found);
    }),
    regex_replace: define(
      [takes.text('str'), takes.text('pattern'), takes.text('replace')],
      (args) => {
        const matches = find(text(args, 1), text(args, 0), MOST);
        return string(replaced(text(args, 0), matches, text(args, 2)));
      },
    ),
  };
}

/** In a virtual machine of its own, because only that can be told to stop. */
function finder(): Find {
  let left = PATIENCE;
  return (pattern, subject, most) => {
    const tooLong = new ValueError(`the pattern ${JSON.stringify(pattern)} takes too long`);
    const expression = compile(pattern);
    const { Script } = process.getBuiltinModule('node:vm');
    const found: Match[] = [];
    const sandbox = Object.assign(Object.create(null) as object, {
      expression,
      subject,
      most,
      found,
    });
    const script = new Script(
      'for (const one of subject.matchAll(expression)) { if (found.length >= most) break; found.push(one); }',
    );
    if (left < 1) throw tooLong;
    const start = elapsed();
    try {
      script.runInNewContext(sandbox, { timeout: left });
    } catch {
      throw tooLong;
    } finally {
      left = Math.ceil(left - (elapsed() - start));
    }
    return found;
  };
}

function compile(pattern: string): RegExp {
  let flags = 'gu';
  let rest = pattern;
  const [start, letters = ''] = /^\(\?([ims]+)\)/.exec(pattern) ?? [];
  if (start !== undefined) {
    flags += [...new Set(letters)].join('');
    rest = pattern.slice(start.length);
  }
  const source = rest
    .replace(/\\Q([\s\S]*?)(?:\\E|$)/g, (_, one: string) =>
      one.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'),
    )
    .replaceAll('(?P<', '(?<')
    .replace(/\[:(\^?)([a-z]+):\]/g, (whole, not: string, name: string) =>
      Object.hasOwn(CLASSES, name) && not === '' ? (CLASSES[name] ?? whole) : whole,
    )
    .replace(/\\([\s\S])/g, (whole, letter: string) => escapeOf(whole, letter));
  try {
    return new RegExp(source, flags);
  } catch {
    throw new ValueError(`invalid regexp pattern: ${pattern}`);
  }
}

/** What Go escapes and JavaScript writes in another way. */
function escapeOf(whole: string, letter: string): string {
  if (letter === 'A') return '(?<![\\s\\S])';
  if (letter === 'z') return '(?![\\s\\S])';
  if (letter === 'a') return '\\x07';
  return /[\w^$\\.*+?()[\]{}|/-]/.test(letter)
    ? whole
    : `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`;
}

/** The whole match, its groups in order, or its groups by their names. */
function matched(match: Match): Value {
  const textOrNull = (one: string | undefined): Value =>
    one === undefined ? nullOf(STRING) : string(one);
  if (match.groups !== undefined) {
    return object(Object.entries(match.groups).map(([name, one]) => [name, textOrNull(one)]));
  }
  return match.length === 1 ? string(match[0]) : tuple(match.slice(1).map(textOrNull));
}

function replaced(subject: string, matches: readonly Match[], replacement: string): string {
  let [result, at] = ['', 0];
  for (const match of matches) {
    checkLength(result.length);
    result += subject.slice(at, match.index) + expanded(match, replacement);
    at = (match.index ?? 0) + match[0].length;
  }
  return result + subject.slice(at);
}

/** `$1`, `${1}`, `$name`, `${name}`; `$$` is a dollar. */
function expanded(match: Match, replacement: string): string {
  return replacement.replace(
    /\$(?:\$|(\w+)|\{(\w+)\})/g,
    (whole, bare?: string, braced?: string) => {
      if (whole === '$$') return '$';
      const name = bare ?? braced ?? '';
      return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? '';
    },
  );
}
