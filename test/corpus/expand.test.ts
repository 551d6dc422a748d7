import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { EscapeCharacter } from '../../src/dockerfile/ast.ts';
import { expandWord } from '../../src/dockerfile/expand.ts';

const FORMS = readFileSync(new URL('expand/forms.txt', import.meta.url), 'utf8');

const values = new Map<string, string>();
let escape: EscapeCharacter = '\\';
let count = 0;

for (const line of FORMS.slice(FORMS.indexOf('\n\n')).split('\n')) {
  if (line === '' || line.startsWith(';')) continue;
  const set = /^set ([^=]+)=(.*)$/.exec(line);
  const chosen = /^escape (.)$/.exec(line)?.[1];
  if (set) {
    values.set(set[1] ?? '', set[2] ?? '');
  } else if (chosen !== undefined) {
    escape = chosen === '`' ? '`' : '\\';
  } else {
    const [, word = '', kind, wanted = ''] = /^(.*?) (=>|!!) ?(.*)$/.exec(line) ?? [];
    const options = { escape };
    const lookup = (name: string): string | undefined => values.get(name);
    count += 1;
    test(`expandWord() of ${word} with ${escape}`, () => {
      if (kind === '=>') assert.equal(expandWord(word, lookup, options), wanted);
      else {
        assert.throws(
          () => expandWord(word, lookup, options),
          (error: Error) => error.message.endsWith(`: ${wanted}`),
        );
      }
    });
  }
}

test('the forms of word expansion have not shrunk', () => {
  assert.ok(count >= 120, String(count));
});
