import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goDuration } from './go-duration.ts';

const cases: [ns: number, text: string][] = [
  [0, '0s'],
  [1, '1ns'],
  [1_500, '1.5µs'],
  [20_000_000, '20ms'],
  [1_500_000_000, '1.5s'],
  [90_000_000_000, '1m30s'],
  [3_600_000_000_000, '1h0m0s'],
];

for (const [ns, text] of cases) {
  test(`goDuration() prints ${ns} ns as ${text}`, () => {
    assert.equal(goDuration(ns), text);
  });
}
