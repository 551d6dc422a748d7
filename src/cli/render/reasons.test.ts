import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgressEvent, TaskId } from '../../base/progress.ts';
import { explanations } from '../explanations.ts';
import { capture } from '../testing/run-cli.ts';
import { plainRenderer } from './plain.ts';
import { ttyRenderer } from './tty.ts';

const id = (n: number): TaskId => n as TaskId;
type Timed = ProgressEvent & { readonly at: number };

const REASON = { kind: 'changed', text: 'file a (content)' } as const;
const STEP: readonly Timed[] = [
  { type: 'begin', id: id(1), title: '[2/3] COPY a /', kind: 'step', at: 0 },
  { type: 'note', id: id(1), text: 'runs: file a (content)', reason: REASON, at: 1 },
  { type: 'log', id: id(1), stream: 'stdout', text: 'one\n', at: 2 },
  { type: 'end', id: id(1), outcome: 'done', at: 300 },
];

test('plainRenderer() shows the reason as a line of its step', () => {
  const { output, text } = capture();
  {
    using display = plainRenderer(output);
    STEP.forEach(display.sink);
  }
  assert.deepEqual(text().trimEnd().split('\n'), [
    '#1 [2/3] COPY a /',
    '#1 runs: file a (content)',
    '#1 0.002 one',
    '#1 DONE 0.3s',
  ]);
});

test('ttyRenderer() keeps the reason below its step, while that runs and afterwards', () => {
  const { output, text } = capture(true);
  const traits = { columns: 44, rows: 20, colour: false };
  {
    using display = ttyRenderer(output, () => traits);
    for (const event of STEP.slice(0, 3)) display.sink(event);
    display.sink({ ...STEP[2]!, at: 150 });
    assert.match(
      text(),
      /=> \[2\/3\] COPY a \/ +0\.\ds\n => => runs: file a \(content\)\n => => # one/,
    );
    display.sink(STEP[3]!);
  }
  assert.match(text(), /=> \[2\/3\] COPY a \/ +0\.3s\n => => runs: file a \(content\)\n\[\+\]/);
});

test('displays that are paused write nothing, and miss nothing', () => {
  for (const open of [
    plainRenderer,
    (output: Parameters<typeof plainRenderer>[0]) =>
      ttyRenderer(output, () => ({ columns: 60, rows: 20, colour: false })),
  ]) {
    const { output, text } = capture(open !== plainRenderer);
    {
      using display = open(output);
      display.sink(STEP[0]!);
      const before = (() => {
        using _pause = display.pause();
        const shown = text();
        for (const event of STEP.slice(1)) display.sink({ ...event, at: event.at + 1000 });
        assert.equal(text(), shown);
        return shown;
      })();
      assert.notEqual(text(), before);
    }
    assert.match(text(), /runs: file a \(content\)/);
  }
});

test('explanations() keeps reasons with the names of their steps, and passes all on', () => {
  const seen: Timed[] = [];
  const { sink, reasons } = explanations((event) => void seen.push(event));
  STEP.forEach(sink);
  assert.deepEqual(seen, STEP);
  assert.deepEqual(reasons, [{ step: '[2/3] COPY a /', ...REASON }]);
});
