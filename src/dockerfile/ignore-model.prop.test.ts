import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseIgnore } from './ignore.ts';

/*
 * The rules once more, slowly and another way: a regular expression for each pattern, and for
 * each path all of its parents, top down.
 */

const letters = fc.constantFrom('a', 'b', 'c', '.', 'é', '😀');
const name = fc.string({ unit: letters, minLength: 1, maxLength: 4 });
const path = fc
  .array(name, { minLength: 1, maxLength: 5 })
  .map((parts) => posix.normalize(parts.join('/')))
  .filter((text) => !text.startsWith('..') && text !== '.' && !text.endsWith('/'));
const atom = fc.oneof(
  { weight: 6, arbitrary: letters },
  fc.constantFrom('*', '?', '[ab]', '[^ab]', '[a-c]', '\\*', '\\a', '**'),
);
const part = fc.oneof(
  name,
  fc.array(atom, { minLength: 1, maxLength: 4 }).map((atoms) => atoms.join('')),
  fc.constantFrom('*', '**', '**', '..', '.', 'abc'),
);
const line = fc
  .tuple(
    fc.boolean(),
    fc.constantFrom('', '/', ' ', './'),
    fc.array(part, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '/', ' ', '\r'),
  )
  .map(
    ([exception, before, parts, after]) =>
      `${exception ? '!' : ''}${before}${parts.join('/')}${after}`,
  );

interface Rule {
  readonly exception: boolean;
  readonly matches: (path: string) => boolean;
}

function rulesOf(text: string): Rule[] {
  const rules: Rule[] = [];
  for (const one of text.split('\n')) {
    if (one.startsWith('#')) continue;
    const trimmed = one.trim();
    if (trimmed === '') continue;
    const exception = trimmed.startsWith('!');
    let body = posix.normalize((exception ? trimmed.slice(1) : trimmed).trim());
    if (body.length > 1 && body.endsWith('/')) body = body.slice(0, -1);
    if (body.startsWith('/')) body = body.slice(1);
    rules.push({ exception, matches: (asked) => matches(body, asked) });
  }
  return rules;
}

function matches(pattern: string, asked: string): boolean {
  if (pattern.startsWith('**') && !/[*?[\\]/.test(pattern.slice(2))) {
    const rest = pattern.slice(2);
    if (rest !== '') return asked.endsWith(rest) || (rest[0] === '/' && asked === rest.slice(1));
  }
  let source = '';
  for (let at = 0; at < pattern.length;) {
    const rest = pattern.slice(at);
    const token =
      /^\*\*\/?$|^\*\*\/?|^\*|^\?|^\[[^\]]*\]|^\\./su.exec(rest)?.[0] ??
      String.fromCodePoint(rest.codePointAt(0)!);
    at += token.length;
    if (token.startsWith('**')) source += at === pattern.length ? '.*' : '(?:.*/)?';
    else if (token === '*') source += '[^/]*';
    else if (token === '?') source += '[^/]';
    else if (token.startsWith('[')) source += token;
    else source += literal(token.startsWith('\\') ? token.slice(1) : token);
  }
  return new RegExp(`^${source}$`, 'su').test(asked);
}

function literal(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

/** Whether a path is left out: rules that hold for a directory hold below it. */
function isIgnored(rules: readonly Rule[], asked: string): boolean {
  const parts = asked.split('/');
  let held = rules.map(() => false);
  let ignored = false;
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const here = parts.slice(0, depth).join('/');
    const above = held;
    ignored = false;
    held = [];
    for (const [index, rule] of rules.entries()) {
      // What cannot change the answer is not asked.
      const holds = above[index]! || (rule.exception === ignored && rule.matches(here));
      held.push(holds);
      if (holds) ignored = !rule.exception;
    }
  }
  return ignored;
}

for (const size of [4, 60]) {
  test(`up to ${size} rules leave out what a slow reading of them leaves out`, () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: size }),
        fc.array(path, { minLength: 1, maxLength: 20 }),
        (lines, paths) => {
          const text = lines.join('\n');
          const matcher = parseIgnore(text);
          const rules = rulesOf(text);
          for (const asked of paths) {
            assert.equal(matcher.ignored(asked) !== undefined, isIgnored(rules, asked), asked);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
}
