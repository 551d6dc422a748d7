import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, type ChainId } from '../../oci/digest.ts';
import type { CacheRow, Ingredient } from '../../store/tables.ts';
import { changesBetween, nearest } from './difference.ts';
import { inWords } from './words.ts';

function ingredients(values: readonly (readonly [string, string])[]): Ingredient[] {
  return values.map(([id, value]) => {
    const [kind, name = ''] = id.split(' ');
    return { kind: kind as Ingredient['kind'], name, digest: digestOf(value) };
  });
}

function row(values: readonly (readonly [string, string])[]): CacheRow {
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

const names = (changes: readonly { kind: string; name: string; how: string }[]): string[] =>
  changes.map(({ kind, name, how }) => `${kind} ${name} ${how}`.replace('  ', ' '));

test('changesBetween() names what changed, what is new and what is gone', () => {
  const before = ingredients([
    ['instruction COPY', '/'],
    ['file a', '1'],
    ['arg V', '1'],
  ]);
  const now = ingredients([
    ['instruction COPY', '/'],
    ['file a', '2'],
    ['env E', '1'],
  ]);
  assert.deepEqual(names(changesBetween(before, now)), [
    'file a changed',
    'env E added',
    'arg V removed',
  ]);
});

test('changesBetween() tells values of a repeated flag apart', () => {
  const before = ingredients([['flag --exclude', '*.md']]);
  const now = ingredients([
    ['flag --exclude', '*.txt'],
    ['flag --exclude', '*.md'],
  ]);
  assert.deepEqual(names(changesBetween(before, now)), ['flag --exclude added']);
});

test('changesBetween() names what stands in another order, when nothing else differs', () => {
  const before = ingredients([
    ['env A', '1'],
    ['env B', '2'],
  ]);
  assert.deepEqual(names(changesBetween(before, [...before].reverse())), [
    'env B moved',
    'env A moved',
  ]);
});

test('nearest() takes the record that differs least, where a changed base counts little', () => {
  const far = row([
    ['instruction RUN', 'x'],
    ['parent ', 'p'],
  ]);
  const near = row([
    ['instruction RUN', 'y'],
    ['parent ', 'q'],
  ]);
  const now = ingredients([
    ['instruction RUN', 'y'],
    ['parent ', 'p'],
  ]);
  assert.equal(nearest([far, near], now)?.row, near);
});

test('inWords() shows what differs in a long instruction, not all of it', () => {
  const line = (flag: string): string =>
    `RUN ./configure --prefix=/usr --with-things --${flag} --and-many-more-options-that-nobody-reads`;
  const differences = [
    {
      kind: 'instruction',
      name: '',
      how: 'changed' as const,
      before: line('enable-a'),
      after: line('enable-b'),
    },
  ];
  assert.equal(
    inWords(differences),
    'RUN …gs --enable-a --and-many-… → …gs --enable-b --and-many-…',
  );
});
