import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, bytes, count, shown } from '../../src/registry-page/format.ts';
import { artifactKind, predicateKind } from '../../src/registry-page/kinds.ts';
import { layOut, neighbour } from '../../src/registry-page/treemap-layout.ts';

test('layOut() gives each layer an area like its size, and the smallest one some', () => {
  const cells = layOut([600, 300, 100, 0], 1000, 400);
  const area = (at: number): number => {
    const cell = cells.find((one) => one.at === at);
    return (cell?.width ?? 0) * (cell?.height ?? 0);
  };
  assert.ok(Math.abs(area(0) / area(1) - 2) < 0.2, `${area(0)} ${area(1)}`);
  assert.ok(area(3) > 0);
  const isInside = cells.every(
    ({ left, top, width, height }) =>
      left >= 0 && top >= 0 && left + width <= 1000 && top + height <= 400,
  );
  assert.ok(isInside);
  assert.deepEqual(layOut([], 100, 100), []);
  assert.equal(layOut([0, 0], 100, 100).length, 2);
});

test('neighbour() leads to each cell, and stays at the edge', () => {
  const cells = layOut([50, 30, 12, 5, 3, 1, 1, 1], 900, 300);
  const met = new Set([0]);
  const keys = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'] as const;
  for (const at of met) for (const key of keys) met.add(neighbour(cells, at, key));
  assert.equal(met.size, 8);
  const [first] = cells;
  assert.equal(neighbour(cells, first?.at ?? -1, 'ArrowLeft'), first?.at);
});

test('bytes(), count() and ago() are short', () => {
  const sizes = [0, 999, 1000, 27_640_000, 999_950, 5e15].map((size) => bytes(size));
  assert.deepEqual(sizes, ['0 B', '999 B', '1.0 kB', '27.6 MB', '1.0 MB', '5000 TB']);
  assert.deepEqual([count(1, 'tag'), count(1200, 'tag')], ['1 tag', '1,200 tags']);
  const now = Date.parse('2026-11-21T12:00:00Z');
  const times = ['2026-11-21T11:59:50Z', '2026-11-18T12:00:00Z', 'nonsense'];
  assert.deepEqual(
    times.map((time) => ago(time, now)),
    ['just now', '3 days ago', undefined],
  );
});

test('shown() makes visible what would hide or turn round what is beside it', () => {
  assert.equal(shown('a\u202eb\u0007c\ud800'), 'a\\u202eb\\u0007c\\ud800');
  assert.equal(shown('über\n\tzwei'), 'über\n\tzwei');
});

test('kinds have names for people, others are what they say', () => {
  assert.equal(artifactKind('application/vnd.cncf.notary.signature'), 'Signature (Notary Project)');
  assert.equal(artifactKind('application/spdx+json'), 'SBOM (SPDX)');
  assert.equal(artifactKind('application/x-own'), 'application/x-own');
  assert.equal(predicateKind('https://slsa.dev/provenance/v1'), 'Provenance (SLSA)');
  assert.equal(predicateKind('https://example.com/own'), 'https://example.com/own');
});
