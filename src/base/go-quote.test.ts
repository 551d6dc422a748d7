import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goQuote } from './go-quote.ts';

test('goQuote() leaves plain and printable characters as they are', () => {
  assert.equal(goQuote('echo hi é☃🚀'), '"echo hi é☃🚀"');
});

test('goQuote() escapes quotes, backslashes and named control characters', () => {
  assert.equal(goQuote('"\\\x07\b\f\n\r\t\v'), String.raw`"\"\\\a\b\f\n\r\t\v"`);
});

test('goQuote() writes other unprintable characters by number', () => {
  assert.equal(
    goQuote('\x01\x7f\u00a0\u200b\u{e0001}'),
    String.raw`"\x01\x7f\u00a0\u200b\U000e0001"`,
  );
});

test('goQuote() writes bytes that were no UTF-8 as bytes', () => {
  assert.equal(goQuote('\udcff\ud800'), '"\\xff\ufffd"');
});
