import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  array,
  assert as check,
  asyncProperty,
  constantFrom,
  oneof,
  property,
  string,
  stringMatching,
} from 'fast-check';
import { basic, withTokens } from '../../../test/support/registry-users.ts';
import { ServedRegistry } from '../../../test/support/served-registry.ts';
import { parsePattern } from './patterns.ts';
import { parseScope } from './scopes.ts';

const RUNS = 200;
const inHeader = stringMatching(/^[\x21-\x7e][\x20-\x7e]{0,60}$/);

test('whatever stands in Authorization is answered with 401', async () => {
  await using registry = await ServedRegistry.open({ access: withTokens() });
  const scheme = constantFrom('', 'Basic ', 'bearer ', 'Bearer ', 'BASIC ', 'Negotiate ');
  await check(
    asyncProperty(scheme, inHeader, async (before, value) => {
      const authorization = `${before}${value}`;
      const { status, code } = await registry.send('GET', '/v2/app/tags/list', {
        headers: { authorization },
      });
      assert.deepEqual([authorization, status, code], [authorization, 401, 'UNAUTHORIZED']);
    }),
    { numRuns: RUNS },
  );
  assert.deepEqual(registry.failures, []);
});

test('whatever a token is asked for is granted, left out or refused, and never more than the rules allow', async () => {
  const rules = ['bob:team/**:pull'];
  await using registry = await ServedRegistry.open({ access: withTokens({ rules }) });
  const word = oneof(
    constantFrom('repository', 'registry', 'catalog', 'team/a', 'other', 'pull', '*', 'push', ','),
    string({ maxLength: 8 }),
  );
  const scope = array(word, { maxLength: 5 }).map((words) => words.join(':'));
  await check(
    asyncProperty(array(scope, { maxLength: 3 }), async (scopes) => {
      const query = new URLSearchParams(scopes.map((one): [string, string] => ['scope', one]));
      const { status, text } = await registry.send('GET', `/token?${query.toString()}`, {
        headers: basic('bob'),
      });
      assert.equal(status, 200);
      const { scope: granted } = JSON.parse(text) as { scope: string };
      for (const one of granted.split(' ').filter(Boolean)) {
        assert.match(one, /^(?:repository:team\/[a-z0-9./_-]+:pull|registry:catalog:\*)$/);
      }
    }),
    { numRuns: RUNS },
  );
  assert.deepEqual(registry.failures, []);
});

test('parsePattern() matches as its words say', () => {
  const name = stringMatching(/^[a-c]{1,3}(?:\/[a-c]{1,3}){0,2}$/);
  check(
    property(
      name,
      array(constantFrom('a', 'b', '/', '*', '**'), { maxLength: 6 }),
      (text, parts) => {
        const pattern = parts.join('').replaceAll(/\*{3,}/g, '**');
        if (pattern === '') return;
        assert.equal(
          parsePattern(pattern).matches(text),
          slowly(pattern, text),
          `${pattern} ${text}`,
        );
      },
    ),
    { numRuns: 1000 },
  );
});

test('parsePattern() takes no longer for names that nearly match in very many ways', () => {
  const pattern = parsePattern(`${'**a'.repeat(60)}*b`);
  assert.equal(pattern.matches('a'.repeat(255)), false);
  assert.equal(pattern.matches(`${'a'.repeat(254)}b`), true);
});

test('parseScope() never gives a name that is none', () => {
  check(
    property(string(), (text) => {
      const scope = parseScope(`repository:${text}:pull`);
      if (scope) assert.match(scope.name, /^[a-z0-9._/-]+$/);
    }),
    { numRuns: 1000 },
  );
});

/** The same, one sign after the other. */
function slowly(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern.startsWith('**')) {
    return Array.from({ length: text.length + 1 }, (_, index) => text.slice(index)).some((rest) =>
      slowly(pattern.slice(2), rest),
    );
  }
  if (pattern.startsWith('*')) {
    const end = text.indexOf('/') < 0 ? text.length : text.indexOf('/');
    return Array.from({ length: end + 1 }, (_, index) => text.slice(index)).some((rest) =>
      slowly(pattern.slice(1), rest),
    );
  }
  return text !== '' && text[0] === pattern[0] && slowly(pattern.slice(1), text.slice(1));
}
