import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { value } from './testing/defined.ts';

/** Expressions with what `docker buildx bake` 0.29.1 makes of `try(jsonencode(…), "ERROR")`. */
const RECORDED = JSON.parse(
  readFileSync(new URL('testing/expressions.json', import.meta.url), 'utf8'),
) as readonly (readonly [string, string])[];

for (const [expression, expected] of RECORDED) {
  test(`an expression is what it is in buildx: ${expression}`, async () => {
    const text = `try(jsonencode(${expression}), "ERROR")`;
    // Of a text, jsonencode makes a text in quotes once more.
    assert.equal(JSON.parse(await value(text)), expected);
  });
}

for (const [expression, expected] of [
  ['byteslen("Dóck")', '5'],
  ['bytesslice("Docker", 0, 3)', '"Doc"'],
  ['index({foo = "bar"}, "foo")', '"bar"'],
  ['hasindex({a = 1}, "b")', 'false'],
  ['length({a = 1})', '1'],
  ['homedir()', '"/home/me"'],
  ['timestamp()', '"2026-11-21T07:03:25Z"'],
  ['formattimestamp("X", "2015-10-21T00:00:00Z")', '"1445385600"'],
  ['formattimestamp("YYYY-MM-DD", 1445385600)', '"2015-10-21"'],
  ['unixtimestampparse(1690328596).rfc3339', '"2023-07-25T23:43:16Z"'],
  ['unixtimestampparse(1690328596).iso_week', '30'],
  ['unixtimestampparse(1690328596).year_day', '206'],
  ['unixtimestampparse(1690328596).weekday_name', '"Tuesday"'],
  ['strlen(uuidv4())', '36'],
  ['semvercmp("1.2.3", ">= 1.2")', 'true'],
  ['semvercmp("3.23", ">= 3.20")', 'true'],
  ['semvercmp("1.2.3", "^1.0")', 'true'],
  ['semvercmp("2.0.0", "^1.0")', 'false'],
  ['semvercmp("0.3.0", "^0.2.3")', 'false'],
  ['semvercmp("1.2.9", "~1.2")', 'true'],
  ['semvercmp("1.3.0", "~1.2")', 'false'],
  ['semvercmp("1.9.0", "1.x")', 'true'],
  ['semvercmp("1.2.3-alpha", ">=1.2.0")', 'false'],
  ['semvercmp("1.2.3-beta", ">1.2.3-alpha")', 'true'],
  ['semvercmp("1.2.3", ">=1.0, <1.2 || 1.1 - 2.0")', 'true'],
  ['-0', '0'],
] as const) {
  test(`an expression has its value: ${expression}`, async () => {
    assert.equal(await value(expression), expected);
  });
}

test('rsadecrypt() reads what a public key encrypted', async () => {
  const { generateKeyPairSync, publicEncrypt, constants } = await import('node:crypto');
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const padding = constants.RSA_PKCS1_PADDING;
  const secret = publicEncrypt({ key: publicKey, padding }, Buffer.from('hello')).toString(
    'base64',
  );
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  assert.equal(
    await value(`rsadecrypt(${JSON.stringify(secret)}, ${JSON.stringify(pem)})`),
    '"hello"',
  );
});

test('bcrypt() is refused by its name', async () => {
  await assert.rejects(value('bcrypt("x")'), /the function bcrypt is not available/);
});
