import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { UsageError } from '../base/errors.ts';
import { BUILD_FLAGS } from './commands/image-build.ts';
import { parseFlags } from './parse-flags.ts';
import { alignTabs } from './table.ts';
import { TemplateError } from './template/errors.ts';
import { sprintf } from './template/printf.ts';
import { template } from './template/template.ts';
import { fromJson } from './template/values.ts';
import { visible } from './visible.ts';

const DATA = fromJson({ Name: 'x', List: ['a', 'b'], Map: { k: 'v' }, N: 3, Null: null });
const PIECES = [
  ' ',
  ...'{{ }} {{- -}} ( ) | := = , . $ $x " ` \' .Name .List .Map.k .N .Nope .Null.x if else end'.split(
    ' ',
  ),
  ...'range with break define template block "t" and eq index len printf json join'.split(' '),
  ...'1 -2 0x 1.5 "%d" "a" true nil /* */ \\t é \0 \n'.split(' '),
];

test('template() either works or throws a TemplateError, whatever it is given', () => {
  const source = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 3 })), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(source, (pieces) => {
      try {
        template(`{{${pieces.join('')}`).execute(DATA);
        template(pieces.join('')).execute(DATA);
      } catch (error) {
        assert.ok(error instanceof TemplateError, String(error));
      }
    }),
    { numRuns: 200 },
  );
});

test('sprintf() formats anything', () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.string()),
  );
  const format = fc.array(
    fc.constantFrom('%', 'd', 's', 'q', 'v', '#', '+', '-', '0', '5', '.', '*', 'x', 'é'),
  );
  fc.assert(
    fc.property(format, fc.array(value), (parts, args) => {
      assert.equal(typeof sprintf(parts.join(''), args), 'string');
    }),
    { numRuns: 200 },
  );
});

test('parseFlags() either reads a line or throws a UsageError', () => {
  const word = fc.oneof(
    fc.constantFrom(
      '-',
      '--',
      '-t',
      '--tag',
      '--tag=',
      '-f',
      '-qt',
      '--shm-size',
      '1m',
      '--pull',
      '.',
      '--=',
      '-é',
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(word), fc.boolean(), (argv, stopAtOperand) => {
      try {
        parseFlags(argv, BUILD_FLAGS, { stopAtOperand });
      } catch (error) {
        assert.ok(error instanceof UsageError, String(error));
      }
    }),
    { numRuns: 200 },
  );
});

test('alignTabs() adds blanks and takes tabs away, and nothing else', () => {
  const text = fc
    .array(fc.constantFrom('a', 'bc', '\t', '\n', '…', ' '))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (given) => {
      const bare = (one: string): string => one.replace(/[ \t]/g, '');
      assert.equal(bare(alignTabs(given)), bare(given));
    }),
    { numRuns: 200 },
  );
});

test('visible() leaves no control character but tabs and line ends', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(visible(text), /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
    }),
    { numRuns: 200 },
  );
});
