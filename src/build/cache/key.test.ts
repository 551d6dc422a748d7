import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cacheKey, type Fact } from './key.ts';

const facts: Fact[] = [
  { kind: 'instruction', name: 'RUN', value: 'make' },
  { kind: 'arg', name: 'V', value: '1' },
];

test('cacheKey() is the same for the same facts on every machine', () => {
  assert.equal(cacheKey('exec', facts, 'a').key, cacheKey('exec', facts, 'b').key);
});

test('cacheKey() changes with the kind, the name, the value and the order of any fact', () => {
  const variants = [
    [...facts].reverse(),
    [{ ...facts[0]!, value: 'make all' }, facts[1]!],
    [facts[0]!, { ...facts[1]!, name: 'W' }],
    [facts[0]!, { ...facts[1]!, kind: 'env' as const }],
    [facts[0]!],
  ];
  const keys = new Set(variants.map((variant) => cacheKey('exec', variant, '').key));
  keys.add(cacheKey('exec', facts, '').key);
  keys.add(cacheKey('copy', facts, '').key);
  assert.equal(keys.size, variants.length + 2);
});

test('cacheKey() keeps the value of an argument as a hash that needs the store to be tried', () => {
  const [, first] = cacheKey('exec', facts, 'a').ingredients;
  const [, second] = cacheKey('exec', facts, 'b').ingredients;
  assert.notEqual(first?.digest, second?.digest);
});
