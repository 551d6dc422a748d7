import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BakeFileError } from './errors.ts';
import { defined } from './testing/defined.ts';

async function failure(text: string, name = 'b.hcl'): Promise<BakeFileError> {
  const error: unknown = await defined({ [name]: text }).catch((reason: unknown) => reason);
  assert.ok(error instanceof BakeFileError, `${String(error)} is no BakeFileError`);
  assert.doesNotMatch(error.message, /\n/);
  return error;
}

for (const [text, message] of [
  ['target "a" {\n  tags = ["x"]\n', 'b.hcl:1,12-13: Unclosed configuration block'],
  ['target "a" { tags = ["x"]\n}', 'b.hcl:1,26-2,1: Invalid single-argument block definition'],
  ['target "a" {\n tags = ["x"]\n tags = []\n}', 'b.hcl:3,2-6: Attribute redefined'],
  ["a = 'x'", 'b.hcl:1,5-6: Invalid character; Single quotes are not valid'],
  ['a = "x', 'b.hcl:1,7-7: Invalid multi-line string'],
  ['a = "x\n"', 'b.hcl:1,7-2,1: Invalid multi-line string'],
  ['a = "\\q"', 'b.hcl:1,6-8: Invalid escape sequence'],
  ['a = "\\u12"', 'b.hcl:1,6-8: Invalid escape sequence'],
  ['a = "${1"', 'b.hcl:1,9-10: Extra characters after interpolation expression'],
  ['a = "%{ if true }x"', 'b.hcl:1,18-19: Unexpected end of template'],
  ['a = "%{ endif }"', 'b.hcl:1,6-16: Unexpected endif directive'],
  ['a = "%{ wat }"', 'b.hcl:1,9-12: Invalid template directive'],
  ['a = <<EOF\nx\n', 'b.hcl:1,5-7: Unterminated template string'],
  ['a = [1 2]', 'b.hcl:1,8-9: Missing item separator'],
  ['a = {x 1}', 'b.hcl:1,8-9: Missing attribute value'],
  ['a = {x.y = 1}', 'b.hcl:1,6-9: Ambiguous attribute key'],
  ['a = {x = 1 y = 2}', 'b.hcl:1,12-13: Missing attribute separator'],
  ['a = (1', 'b.hcl:1,7-7: Unbalanced parentheses'],
  ['a = max(1 2)', 'b.hcl:1,11-12: Missing argument separator'],
  ['a = max([1]..., 2)', 'b.hcl:1,15-16: Missing closing parenthesis'],
  ['a = true ? 1', 'b.hcl:1,13-13: Missing false expression in conditional'],
  ['a = [for x in [1] x]', "b.hcl:1,19-20: Invalid 'for' expression"],
  ['a = {for x in [1] : x}', "b.hcl:1,22-23: Invalid 'for' expression"],
  ['a = 1 b = 2', 'b.hcl:1,7-8: Missing newline after argument'],
  ['a = ', 'b.hcl:1,5-5: Missing expression'],
  ['/* x', 'b.hcl:1,1-3: Unterminated comment'],
  ['"a" = 1', 'b.hcl:1,1-2: Invalid argument name'],
  ['a = x', 'b.hcl:1,5-6: Unknown variable; There is no variable named "x".'],
  ['a = upper()', 'b.hcl:1,5-12: Not enough function arguments'],
  ['a = upper("x", "y")', 'b.hcl:1,16-19: Too many function arguments'],
  [
    'a = upper([1])',
    'b.hcl:1,11-14: Invalid function argument; Invalid value for "str" parameter: string required.',
  ],
  ['a = index([], 1)', 'b.hcl:1,5-17: Error in function call; Call to function "index" failed'],
  [
    'a = "x" + 1',
    'b.hcl:1,5-8: Invalid operand; Unsuitable value for left operand: a number is required.',
  ],
  ['a = 1 / 0', 'b.hcl:1,5-10: Division by zero'],
  ['a = [1][3]', 'b.hcl:1,5-11: Invalid index'],
  ['a = {x = 1}.y', 'b.hcl:1,5-14: Unsupported attribute'],
  ['a = "${[]}x"', 'b.hcl:1,8-10: Invalid template interpolation value'],
  ['a = null ? 1 : 2', 'b.hcl:1,5-9: Null condition'],
  ['a = true ? [1] : {b = 1}', 'b.hcl:1,5-25: Inconsistent conditional result types'],
  ['a = {for x in [1, 1] : "k" => x}', 'b.hcl:1,24-27: Duplicate object key'],
  ['a = b\nb = a', 'b.hcl:2,5-6: Invalid expression; variable cycle not allowed for a'],
  [
    'variable "a" {\n default = a\n}',
    'b.hcl:2,12-13: Invalid expression; variable cycle not allowed for a',
  ],
  ['variable "a" {\n type = strin\n}', 'b.hcl:2,9-14: Invalid type specification'],
  ['variable "a" {\n type = list()\n}', 'b.hcl:2,9-15: Invalid type specification'],
  [
    'variable "a" {\n type = number\n default = "x"\n}',
    'b.hcl:3,12-15: Invalid value; invalid type number',
  ],
  [
    'target "a" { tags = target.b.tags }',
    'b.hcl:1,21-34: Unsupported attribute; There is no target named "b".',
  ],
  [
    'target "a" { tags = target.a.tags }',
    'b.hcl:1,14-18: Invalid expression; reference cycle not allowed for target.a.tags',
  ],
  ['a = target', 'b.hcl:1,5-11: Invalid expression; cannot access target as a variable'],
  [
    'target "a" { tags = 1 }',
    'b.hcl:1,21-22: Unsuitable value type; Unsuitable value: list of string required',
  ],
  [
    'target "a" { output = ["nope=1,x=2"] }',
    'b.hcl:1,23-37: Unsuitable value type; Unsuitable value: type is required for output',
  ],
  [
    'target "a" { matrix = { x = 1 } }',
    'b.hcl:1,23-32: Invalid matrix; matrix values must be a list',
  ],
  ['target "a" { policy = [] }', 'b.hcl:1,14-20: policies are not available in this version'],
  ['group "g" { }', 'b.hcl:1,1-10: Missing required argument'],
  [
    'function "f" {\n params = []\n}',
    'b.hcl:1,1-13: Invalid function; empty result not allowed for f',
  ],
  ['target "a" "b" {}', 'b.hcl:1,1-15: Invalid block; A target has one label'],
] as const) {
  test(`a bad file is refused with its place: ${JSON.stringify(text)}`, async () => {
    const found = await failure(text);
    assert.equal(found.message.slice(0, message.length), message);
  });
}

for (const [text, message] of [
  ['{"target": {"a": {"tags": ["x",]}}}', 'b.json:1,32-33: Trailing comma in array'],
  ['{"target": {"a": {"tags": ["${x}"]}}}', 'b.json:1,31-32: Unknown variable'],
  ['{"target": {"a": {"tags": ["\\n${x}"]}}}', 'b.json:1,28-36: Unknown variable'],
  ['{"target": 1}', 'b.json:1,12-13: Incorrect JSON value type'],
  ['{"a": nope}', 'b.json:1,7-8: Invalid JSON value'],
  ['{"a": "x', 'b.json:1,7-8: Unterminated JSON string'],
  ['{} {}', 'b.json:1,4-5: Extra characters after JSON value'],
] as const) {
  test(`a bad file in JSON is refused with its place: ${text}`, async () => {
    const found = await failure(text, 'b.json');
    assert.equal(found.message.slice(0, message.length), message);
  });
}

test('an error shows the lines around, and the nearest right word', async () => {
  const found = await failure('variable "NAME" {}\ntarget "a" {\n  tags = [NAMES]\n}\n');
  assert.equal(found.hint, 'Did you mean "NAME"?');
  assert.match(found.detail ?? '', /^b\.hcl:3\n-+\n[^]* 3 \| >>> {3}tags = \[NAMES\]\n/);
});

for (const [text, hint] of [
  ['a = uper("x")', 'Did you mean "upper"?'],
  ['target "base" {}\ntarget "b" { tags = target.bace.tags }', 'Did you mean "base"?'],
  ['a = {name = 1}.nam', 'Did you mean "name"?'],
] as const) {
  test(`an unknown word is met with the nearest one: ${text}`, async () => {
    assert.equal((await failure(text)).hint, hint);
  });
}

test('what is not known in a block is ignored with a warning', async () => {
  const { warnings } = await defined({
    'b.hcl': 'target "a" {\n  tag = ["x"]\n}\nvarable "x" {}\n',
  });
  assert.deepEqual(warnings, [
    'b.hcl:2: unknown attribute tag of target a is ignored (did you mean tags?)',
    'b.hcl:4: unknown block varable is ignored (did you mean variable?)',
  ]);
});
