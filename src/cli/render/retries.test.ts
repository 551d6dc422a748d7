import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgressEvent, TaskId } from '../../base/progress.ts';
import { capture } from '../testing/run-cli.ts';
import { plainRenderer } from './plain.ts';
import { PULL_WORDS, transferLines } from './transfer-lines.ts';
import { ttyRenderer } from './tty.ts';

const layer = 1 as TaskId;
type Timed = ProgressEvent & { readonly at: number };

const BEGUN: readonly Timed[] = [
  { type: 'begin', id: layer, title: `sha256:${'a'.repeat(64)}`, kind: 'transfer', at: 0 },
  { type: 'advance', id: layer, current: 2_000_000, at: 0 },
];
const AGAIN: readonly Timed[] = [
  { type: 'retry', id: layer, seconds: 5, at: 1000 },
  { type: 'retry', id: layer, seconds: 1, at: 7000 },
  { type: 'retry', seconds: 2, at: 9000 },
];

test('transferLines() says in how many seconds a layer is tried again', () => {
  const { output, text } = capture();
  const sink = transferLines(output, capture().output, PULL_WORDS);
  for (const event of [...BEGUN, ...AGAIN]) sink(event);
  assert.equal(
    text(),
    `aaaaaaaaaaaa: Pulling fs layer
aaaaaaaaaaaa: Retrying in 5 seconds
aaaaaaaaaaaa: Retrying in 1 second
Retrying in 2 seconds
`,
  );
});

test('plainRenderer() says in how many seconds a transfer is tried again', () => {
  const { output, text } = capture();
  using display = plainRenderer(output);
  for (const event of [...BEGUN, ...AGAIN]) display.sink(event);
  assert.match(text(), /^#1 sha256:a+: Retrying in 5 seconds$/m);
});

test('ttyRenderer() counts the seconds until a transfer is tried again', () => {
  const { output, text } = capture(true);
  using display = ttyRenderer(output, () => ({ columns: 120, rows: 20, colour: false }));
  for (const event of [...BEGUN, ...AGAIN.slice(0, 1)]) display.sink(event);
  display.sink({ type: 'advance', id: layer, current: 2_000_000, at: 3500 });
  assert.match(text(), /Retrying in 5 seconds +1\.0s/);
  assert.match(text(), /Retrying in 3 seconds +3\.5s/);
  display.sink({ type: 'advance', id: layer, current: 2_000_000, at: 6100 });
  assert.match(text(), /2MB +6\.1s/);
});
