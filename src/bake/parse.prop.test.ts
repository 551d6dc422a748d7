import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { StaveError } from '../base/errors.ts';
import { BakeFileError } from './errors.ts';
import { parseHcl } from './hcl/body.ts';
import { parseJson } from './hcl/json.ts';
import { sourceOf } from './hcl/source.ts';
import { defined } from './testing/defined.ts';
import { formatNumber, parseNumber } from './value/number.ts';

const PIECES = [
  'target "a" {',
  '}',
  '\n',
  ' = ',
  'x',
  '"',
  '${',
  '%{',
  ' if ',
  ' for ',
  ' in ',
  ':',
  '=>',
  '...',
  '[',
  ']',
  '(',
  ')',
  '{',
  ',',
  '.',
  '*',
  '?',
  '+',
  '-',
  '/',
  '//',
  '/*',
  '*/',
  '#',
  '<<E\n',
  '<<-E\n',
  'E',
  '\n  E\n',
  '\\',
  '\\u00',
  '1',
  '1.5',
  'true',
  'null',
  '~}',
  'endfor',
  'else',
  'é',
  '\u{1f600}',
  '\0',
  '$',
  '!',
  'variable "v" {',
  'default',
  'upper(',
  '&&',
  '==',
  '%',
  '\r\n',
  '\ufeff',
];
const hcl = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((parts) => parts.join(''));
const json = fc.oneof(
  fc.json(),
  fc.string(),
  fc
    .array(
      fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '1', 'true', '\\', '${', 'x', 'target'),
      { maxLength: 40 },
    )
    .map((parts) => parts.join('')),
);

// `unit: 'binary'` would take seconds to prepare.
const characters = fc
  .array(fc.integer({ min: 0, max: 0x10_ffff }), { maxLength: 40 })
  .map((codes) => String.fromCodePoint(...codes));

function only(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof BakeFileError || error instanceof StaveError, String(error));
    assert.doesNotMatch(error.message, /\n/);
  }
}

test('parseHcl() ends with a body or a BakeFileError, whatever it reads', () => {
  fc.assert(fc.property(hcl, (text) => only(() => parseHcl(sourceOf('x.hcl', text)))));
  fc.assert(fc.property(characters, (text) => only(() => parseHcl(sourceOf('x.hcl', text)))));
});

test('parseJson() ends with a body or a BakeFileError, whatever it reads', () => {
  fc.assert(fc.property(json, (text) => only(() => parseJson(sourceOf('x.json', text)))));
});

test('readDefinition() ends with a definition or a StaveError, whatever it reads', async () => {
  const file = fc.tuple(
    fc.constantFrom('x.hcl', 'x.json', 'x', 'compose.yaml'),
    fc.oneof(hcl, json),
  );
  await fc.assert(
    fc.asyncProperty(file, async ([name, text]) => {
      try {
        await defined({ [name]: text });
      } catch (error) {
        assert.ok(error instanceof StaveError, error instanceof Error ? error.stack : '');
        assert.doesNotMatch(error.message, /\n/);
      }
    }),
  );
});

test('numbers survive being written and read', () => {
  const number = fc.tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat(40));
  fc.assert(
    fc.property(number, ([digits, places]) => {
      const found = parseNumber(`${digits}e-${places}`);
      assert.ok(found);
      assert.deepEqual(parseNumber(formatNumber(found)), found);
    }),
  );
});
