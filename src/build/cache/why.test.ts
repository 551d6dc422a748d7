import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, type ChainId } from '../../oci/digest.ts';
import type { CacheRow, Ingredient } from '../../store/tables.ts';
import { explainMiss } from './why.ts';

function ingredients(values: Record<string, string>): Ingredient[] {
  return Object.entries(values).map(([id, value]) => {
    const [kind, name = ''] = id.split(' ');
    return { kind: kind as Ingredient['kind'], name, digest: digestOf(value) };
  });
}

function row(values: Record<string, string>): CacheRow {
  return {
    key: 'k',
    place: 'p',
    ingredients: ingredients(values),
    chain: digestOf('') as string as ChainId,
    createdAt: 0,
    usedAt: 0,
    took: 0,
  };
}

test('explainMiss() names the file that changed', () => {
  const before = row({ 'instruction COPY': '/', 'file a': '1', 'parent ': 'p' });
  const now = ingredients({ 'instruction COPY': '/', 'file a': '2', 'parent ': 'p' });
  assert.equal(explainMiss([before], now), 'file a changed');
});

test('explainMiss() blames the parent only when nothing of the step itself changed', () => {
  const before = row({ 'arg V': '1', 'parent ': 'p' });
  assert.equal(
    explainMiss([before], ingredients({ 'arg V': '2', 'parent ': 'q' })),
    'ARG V changed',
  );
  assert.equal(
    explainMiss([before], ingredients({ 'arg V': '1', 'parent ': 'q' })),
    'the step before it changed',
  );
});

test('explainMiss() compares with the record that differs least', () => {
  const far = row({ 'instruction RUN': 'x', 'arg V': '1', 'env E': '1' });
  const near = row({ 'instruction RUN': 'y', 'arg V': '1' });
  const now = ingredients({ 'instruction RUN': 'y', 'arg V': '1', 'arg W': '1' });
  assert.equal(explainMiss([far, near], now), 'ARG W added');
});

test('explainMiss() says so when there is no earlier record', () => {
  assert.equal(explainMiss([], []), 'no earlier result of this step');
});
