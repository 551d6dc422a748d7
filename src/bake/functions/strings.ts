import { ValueError } from '../errors.ts';
import type { PlainFunction } from '../eval/scope.ts';
import { checkLength, list, number, STRING, string, type Value } from '../value/value.ts';
import { define, integer, takes, TEXTS, text, texts } from './define.ts';

const LETTER_OR_DIGIT = /[\p{L}\p{Nd}_]/u;

/** Text. Characters are what people take for one: grapheme clusters. */
export const STRINGS: Readonly<Record<string, PlainFunction>> = {
  basename: change('path', basename),
  chomp: change('str', (one) => one.replace(/[\r\n]+$/, '')),
  dirname: change('path', dirname),
  indent: define([takes.number('spaces'), takes.text('str')], (args) => {
    const spaces = integer(args, 0);
    if (spaces < 0 || spaces > 10_000) throw new ValueError('spaces must be between 0 and 10000');
    const all = text(args, 1).split('\n');
    checkLength(text(args, 1).length + all.length * spaces);
    return string(all.join(`\n${' '.repeat(spaces)}`));
  }),
  join: define([takes.text('separator')], join, takes.of('lists', TEXTS)),
  lower: change('str', (one) => eachCase(one, (letter) => letter.toLowerCase())),
  replace: define([takes.text('str'), takes.text('substr'), takes.text('replace')], (args) => {
    const parts = text(args, 0).split(text(args, 1));
    checkLength(parts.length * text(args, 2).length);
    return string(parts.join(text(args, 2)));
  }),
  reverse: change('str', (one) => characters(one).toReversed().join('')),
  sanitize: change('name', (one) => one.replace(/[^a-zA-Z0-9_-]/gu, '_')),
  sort: define([takes.of('list', TEXTS)], (args) =>
    list(STRING, texts(args, 0).toSorted(byBytes).map(string)),
  ),
  split: define([takes.text('separator'), takes.text('str')], (args) => {
    const [separator, one] = [text(args, 0), text(args, 1)];
    const parts = separator === '' ? Array.from(one) : one.split(separator);
    return list(STRING, parts.map(string));
  }),
  strlen: define([takes.text('str')], (args) => number(characters(text(args, 0)).length)),
  substr: define([takes.text('str'), takes.number('offset'), takes.number('length')], substring),
  title: change('str', title),
  trim: define([takes.text('str'), takes.text('cutset')], (args) =>
    string(trim(text(args, 0), text(args, 1))),
  ),
  trimprefix: define([takes.text('str'), takes.text('prefix')], (args) => {
    const [one, prefix] = [text(args, 0), text(args, 1)];
    return string(one.startsWith(prefix) ? one.slice(prefix.length) : one);
  }),
  trimspace: change('str', (one) => one.trim()),
  trimsuffix: define([takes.text('str'), takes.text('suffix')], (args) => {
    const [one, suffix] = [text(args, 0), text(args, 1)];
    return string(suffix !== '' && one.endsWith(suffix) ? one.slice(0, -suffix.length) : one);
  }),
  upper: change('str', (one) => eachCase(one, (letter) => letter.toUpperCase())),
};

function change(name: string, run: (one: string) => string): PlainFunction {
  return define([takes.text(name)], (args) => string(run(text(args, 0))));
}

/** Letter by letter; one that would become several stays as it is. */
function eachCase(one: string, change: (letter: string) => string): string {
  if (/^[ -~]*$/.test(one)) return change(one);
  return Array.from(one, (letter) => {
    const changed = change(letter);
    return Array.from(changed).length === 1 ? changed : letter;
  }).join('');
}

/** Grapheme clusters. */
export function characters(one: string): string[] {
  if (/^[ -~]*$/.test(one)) return one.split('');
  return Array.from(new Intl.Segmenter('en').segment(one), ({ segment }) => segment);
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The last element of a path; `.` of nothing. */
function basename(path: string): string {
  if (path === '') return '.';
  return path.replace(/\/+$/, '').split('/').at(-1) || '/';
}

/** All but the last element of a path, cleaned; `.` of nothing. */
function dirname(path: string): string {
  const before = path.slice(0, path.lastIndexOf('/') + 1);
  const kept: string[] = [];
  for (const part of before.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (part !== '..' || !before.startsWith('/')) kept.push(part);
  }
  const clean = `${before.startsWith('/') ? '/' : ''}${kept.join('/')}`;
  return clean === '' ? '.' : clean;
}

function join(args: readonly Value[]): Value {
  if (args.length < 2) throw new ValueError('at least two arguments are required');
  const parts = args.slice(1).flatMap((_, index) => {
    const one = args[index + 1];
    const values = one && 'items' in one ? one.items : [];
    if (values.some(({ kind }) => kind === 'null'))
      throw new ValueError(`element of list ${index} is null; cannot concatenate null values`);
    return texts(args, index + 1);
  });
  checkLength(parts.length * text(args, 0).length);
  return string(parts.join(text(args, 0)));
}

function substring(args: readonly Value[]): Value {
  const all = characters(text(args, 0));
  const [offset, length] = [integer(args, 1), integer(args, 2)];
  const start = offset < 0 ? Math.max(0, all.length + offset) : offset;
  return string(all.slice(start, length < 0 ? undefined : start + length).join(''));
}

/** A capital behind everything that is no letter, digit or underscore. */
function title(one: string): string {
  let before = ' ';
  let result = '';
  for (const character of one) {
    result += LETTER_OR_DIGIT.test(before) ? character : character.toUpperCase();
    before = character;
  }
  return result;
}

function trim(one: string, cutset: string): string {
  const cut = new Set(cutset);
  const all = Array.from(one);
  let [start, end] = [0, all.length];
  while (start < end && cut.has(all[start] ?? '')) start += 1;
  while (end > start && cut.has(all[end - 1] ?? '')) end -= 1;
  return all.slice(start, end).join('');
}
