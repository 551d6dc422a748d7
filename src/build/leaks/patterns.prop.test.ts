import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteSearch } from '../../base/byte-search.ts';
import { patternsOf } from './patterns.ts';

const value = fc.uint8Array({ minLength: 8, maxLength: 64 }).map((bytes) => Buffer.from(bytes));
const around = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

/** The way in which a value is found in a text. */
function formIn(secret: Buffer, text: string | Buffer): string | undefined {
  const patterns = patternsOf(secret);
  const hit = new ByteSearch(patterns.map(({ bytes }) => bytes)).find(Buffer.from(text as string));
  return hit && patterns[hit.pattern]?.form;
}

test('patternsOf() finds a value in the base64 of anything that holds it, in lines of 76', () => {
  fc.assert(
    fc.property(
      value,
      around,
      around,
      fc.constantFrom(0, 64, 76),
      (secret, before, after, width) => {
        const text = Buffer.concat([before, secret, after]).toString('base64');
        const lines = width === 0 ? text : text.replace(new RegExp(`.{${width}}`, 'g'), '$&\n');
        assert.equal(formIn(secret, lines), 'as base64');
      },
    ),
    { numRuns: 200 },
  );
});

test('patternsOf() finds a value in the base64 for URLs', () => {
  fc.assert(
    fc.property(value, around, (secret, before) => {
      const text = Buffer.concat([before, secret]).toString('base64url');
      assert.equal(formIn(secret, text), 'as base64');
    }),
    { numRuns: 100 },
  );
});

test('patternsOf() finds a value in URLs, JSON and hex', () => {
  const secret = Buffer.from('p@ss/w rd"<é>+\\');
  const text = secret.toString();
  const forms = [
    encodeURIComponent(text),
    encodeURIComponent(text).toLowerCase(),
    new URLSearchParams({ a: text }).toString(),
    JSON.stringify({ a: text }),
    JSON.stringify({ a: text }).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e'),
    secret.toString('hex'),
    secret.toString('hex').toUpperCase(),
  ].map((one) => formIn(secret, one));
  assert.deepEqual(forms, [
    'URL-encoded',
    'URL-encoded',
    'URL-encoded',
    'JSON-escaped',
    'JSON-escaped',
    'as hex',
    'as hex',
  ]);
});

test('patternsOf() finds nothing in what only looks like it', () => {
  const secret = Buffer.from('s3cr3t-Value-77');
  assert.equal(formIn(secret, Buffer.from('s3cr3t-Value-78').toString('base64')), undefined);
  assert.equal(formIn(secret, 's3cr3t-Value-7 7'), undefined);
});
