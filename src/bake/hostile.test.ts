import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BakeFileError } from './errors.ts';
import { StaveError } from '../base/errors.ts';
import { resolveTargets } from './resolve.ts';
import { defined, value } from './testing/defined.ts';

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

test('text that doubles again and again is refused', async () => {
  const text = `v0 = "${'x'.repeat(100)}"\n${lines(60, (n) => `v${n + 1} = "\${v${n}}\${v${n}}"`)}\n`;
  await assert.rejects(defined({ 'b.hcl': text }), /too long|too much work|too large/);
});

test('lists that double again and again are refused', async () => {
  const text = `v0 = [1]\n${lines(60, (n) => `v${n + 1} = [v${n}, v${n}]`)}\n`;
  await assert.rejects(defined({ 'b.hcl': text }), /too large/);
});

test('functions that double again and again are refused', async () => {
  const text = lines(
    40,
    (n) =>
      `function "f${n}" {\n params = [x]\n result = ${n === 0 ? 'x' : `"\${f${n - 1}(x)}\${f${n - 1}(x)}"`}\n}`,
  );
  await assert.rejects(value('f39("x")', text), BakeFileError);
});

for (const [what, text] of [
  ['parentheses', `a = ${'('.repeat(100_000)}1`],
  ['brackets', `a = ${'['.repeat(100_000)}`],
  ['braces', `a = ${'{a='.repeat(100_000)}`],
  ['signs', `a = ${'-'.repeat(100_000)}1`],
  ['templates', `a = ${'"${'.repeat(100_000)}`],
  ['conditions', `a = ${'true ? '.repeat(100_000)}`],
  ['calls', `a = ${'upper('.repeat(100_000)}`],
  ['blocks', 'a {\n'.repeat(100_000)],
] as const) {
  test(`nesting without end is refused: ${what}`, async () => {
    await assert.rejects(defined({ 'b.hcl': text }), BakeFileError);
  });
}

test('long chains of operators and members are evaluated or refused, but never a crash', async () => {
  const chain = `a = 1${' + 1'.repeat(20_000)}\n`;
  const members = `a = x${'.y'.repeat(20_000)}\nx = {}\n`;
  const variables = `v0 = 1\n${lines(5000, (n) => `v${n + 1} = v${n}`)}\ntarget "a" { args = { v = v5000 } }\n`;
  for (const text of [chain, members, variables]) {
    await defined({ 'b.hcl': text }).catch((error: unknown) => {
      assert.ok(error instanceof StaveError, error instanceof Error ? error.stack : '');
    });
  }
});

test('JSON nested without end is refused', async () => {
  for (const text of ['['.repeat(100_000), '{"a":'.repeat(100_000)]) {
    await assert.rejects(defined({ 'b.json': text }), BakeFileError);
    await assert.rejects(value(`jsondecode(${JSON.stringify(text)})`), BakeFileError);
  }
});

test('a pattern that would take forever is refused', async () => {
  await assert.rejects(value(`regex("^(a+)+$", "${'a'.repeat(40)}!")`), /takes too long/);
});

for (const expression of [
  '1e999999999',
  'pow(10, 1000000)',
  'pow(2, 99999999999)',
  'range(10000000)',
  'format("%999999999d", 1)',
  'indent(999999999, "a\\n")',
  'parseint(join("", [for x in range(1000) : "9999999999"]), 10)',
]) {
  test(`what is out of bounds is refused or finite: ${expression}`, async () => {
    await value(expression).catch((error: unknown) =>
      assert.ok(error instanceof StaveError, String(error)),
    );
  });
}

test('a matrix of too many targets is refused', async () => {
  const axis = JSON.stringify(Array.from({ length: 100 }, (_, n) => `${n}`));
  const text = `target "a" {\n name = "x"\n matrix = { a = ${axis}, b = ${axis}, c = ${axis} }\n}\n`;
  await assert.rejects(defined({ 'b.hcl': text }), /more than 10000 targets/);
});

test('keys from outside are nothing but keys', async () => {
  assert.equal(await value('{"__proto__" = 1, constructor = 2}.__proto__'), '1');
  await assert.rejects(value('{}.constructor'), /does not have an attribute named "constructor"/);
  await assert.rejects(value('toString(1)'), /There is no function named "toString"/);
});

test('aliases of YAML that multiply are refused', async () => {
  const text = `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${lines(12, (n) => `a${n + 1}: &a${n + 1} [${Array.from({ length: 9 }, () => `*a${n}`).join(',')}]`)}\n`;
  await assert.rejects(defined({ 'compose.yaml': text }), StaveError);
});

test('groups and links that double again and again are walked once', async () => {
  const groups = lines(60, (n) => `group "g${n + 1}" { targets = ["g${n}", "g${n}"] }`);
  const links = lines(
    60,
    (n) => `target "t${n + 1}" {\n contexts = { a = "target:t${n}", b = "target:t${n}" }\n}`,
  );
  const text = `group "g0" { targets = ["t60"] }\ntarget "t0" {}\n${groups}\n${links}\n`;
  const { targets, groups: found } = resolveTargets(await defined({ 'b.hcl': text }), ['g60'], []);
  assert.deepEqual([targets.size, found.size], [61, 62]);
});

test('long texts in JSON and CSV are read', async () => {
  const long = 'x'.repeat(1_000_000);
  assert.equal(
    await value(`strlen(jsondecode(${JSON.stringify(JSON.stringify(long))}))`),
    '1000000',
  );
  const open = JSON.stringify(`a\n"${'\n'.repeat(500_000)}`);
  await assert.rejects(value(`csvdecode(${open})`), BakeFileError);
});
