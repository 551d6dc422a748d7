import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgressEvent, TaskId } from '../../base/progress.ts';
import { capture } from '../testing/run-cli.ts';
import { plainRenderer } from './plain.ts';
import { openRenderer, type Renderer } from './renderer.ts';
import { ttyRenderer } from './tty.ts';

const id = (n: number): TaskId => n as TaskId;
type Timed = ProgressEvent & { readonly at: number };

/** A build of three steps, the last of which fails, as it was once recorded. */
const BUILD: readonly Timed[] = [
  { type: 'begin', id: id(1), title: '[internal] load build definition', kind: 'internal', at: 0 },
  {
    type: 'begin',
    id: id(2),
    parent: id(1),
    title: 'transferring dockerfile',
    unit: 'bytes',
    at: 0,
  },
  { type: 'advance', id: id(2), current: 187, at: 10 },
  { type: 'end', id: id(2), outcome: 'done', at: 20 },
  { type: 'end', id: id(1), outcome: 'done', at: 30 },
  { type: 'begin', id: id(3), title: '[1/3] FROM base:1', kind: 'step', at: 40 },
  { type: 'end', id: id(3), outcome: 'cached', at: 41 },
  { type: 'begin', id: id(4), title: '[2/3] RUN make', kind: 'step', at: 100 },
  { type: 'begin', id: id(5), title: '[other 1/1] RUN sleep 1', kind: 'step', at: 110 },
  { type: 'log', id: id(4), stream: 'stdout', text: 'one\ntw', at: 223 },
  { type: 'log', id: id(5), stream: 'stderr', text: 'busy\n', at: 230 },
  { type: 'log', id: id(4), stream: 'stdout', text: 'o\n10%\r100%\n', at: 350 },
  { type: 'note', id: id(4), text: 'ran because the context changed', at: 351 },
  { type: 'end', id: id(5), outcome: 'done', at: 360 },
  { type: 'end', id: id(4), outcome: 'done', at: 1400 },
  {
    type: 'warning',
    code: 'StageNameCasing',
    message: 'should be lowercase',
    place: 'Dockerfile:1',
    at: 1400,
  },
  { type: 'begin', id: id(6), title: '[3/3] RUN exit 7', kind: 'step', at: 1500 },
  { type: 'log', id: id(6), stream: 'stderr', text: 'no \x1b[31mway\x1b[0m\x07', at: 1510 },
  {
    type: 'end',
    id: id(6),
    outcome: 'failed',
    error: { code: 'RUN', message: 'exit code: 7' },
    at: 1520,
  },
];

function replay(renderer: Renderer, events: readonly Timed[] = BUILD): void {
  using display = renderer;
  for (const event of events) display.sink(event);
}

test('plainRenderer() writes numbered lines that only grow', () => {
  const { output, text } = capture();
  replay(plainRenderer(output));
  assert.equal(
    text(),
    `#1 [internal] load build definition
#1 transferring dockerfile: 187B 0.0s done
#1 DONE 0.0s

#2 [1/3] FROM base:1
#2 CACHED

#3 [2/3] RUN make

#4 [other 1/1] RUN sleep 1

#3 [2/3] RUN make
#3 0.123 one

#4 [other 1/1] RUN sleep 1
#4 0.120 busy

#3 [2/3] RUN make
#3 0.250 two
#3 0.250 100%
#3 ran because the context changed

#4 [other 1/1] RUN sleep 1
#4 DONE 0.3s

#3 [2/3] RUN make
#3 DONE 1.3s

#5 [3/3] RUN exit 7
#5 0.020 no \x1b[31mway\x1b[0m\x07
#5 ERROR: exit code: 7
------
 > [3/3] RUN exit 7:
no \x1b[31mway\x1b[0m\x07
------

 1 warning found:
 - StageNameCasing: should be lowercase (Dockerfile:1)
`,
  );
});

test('plainRenderer() gives a transfer without a step a number of its own', () => {
  const { output, text } = capture();
  replay(plainRenderer(output), [
    {
      type: 'begin',
      id: id(1),
      title: 'sha256:aa',
      kind: 'transfer',
      unit: 'bytes',
      total: 2000,
      at: 0,
    },
    { type: 'advance', id: id(1), current: 2000, at: 5 },
    { type: 'end', id: id(1), outcome: 'done', at: 100 },
  ]);
  assert.equal(text(), '#1 sha256:aa\n#1 DONE 0.1s\n');
});

test('ttyRenderer() folds finished steps to one line, and ends with what failed', () => {
  const { output, text } = capture(true);
  replay(ttyRenderer(output, () => ({ columns: 44, rows: 20, colour: true })));

  const screen = shown(text());

  assert.deepEqual(screen, [
    ' => [internal] load build definition   0.0s',
    ' => CACHED [1/3] FROM base:1           0.0s',
    ' => => ran because the context changed',
    ' => [other 1/1] RUN sleep 1            0.3s',
    ' => [2/3] RUN make                     1.3s',
    ' => ERROR [3/3] RUN exit 7             0.0s',
    '[+] 1.5s (5/5) finished',
    '------',
    ' > [3/3] RUN exit 7:',
    'no way\\x07',
    '------',
    '',
    ' 1 warning found:',
    ' - StageNameCasing: should be lowercase (Dockerfile:1)',
  ]);
});

test('ttyRenderer() shows what runs, with the last lines of its output', () => {
  const { output, text } = capture(true);
  using display = ttyRenderer(output, () => ({ columns: 44, rows: 20, colour: false }));
  for (const event of BUILD.slice(7, 12)) display.sink(event);
  assert.deepEqual(shown(text()), [
    '[+] 0.3s (0/2)',
    ' => [2/3] RUN make                     0.3s',
    ' => => # one',
    ' => => # two',
    ' => => # 100%',
    ' => [other 1/1] RUN sleep 1            0.2s',
    ' => => # busy',
  ]);
});

test('ttyRenderer() draws at most ten times a second', () => {
  const { output, text } = capture(true);
  const renderer = ttyRenderer(output, () => ({ columns: 80, rows: 20, colour: false }));
  replay(renderer, [
    { type: 'begin', id: id(1), title: 'copy', kind: 'step', at: 1000 },
    ...Array.from(
      { length: 1000 },
      (_, i) => ({ type: 'advance', id: id(1), current: i, at: 1000 + i }) as const,
    ),
  ]);
  assert.ok(text().split('\x1b[J').length <= 12);
});

test('ttyRenderer() paints only errors, and nothing without colour', () => {
  const paint = (colour: boolean): boolean => {
    const { output, text } = capture(true);
    replay(ttyRenderer(output, () => ({ columns: 60, rows: 20, colour })));
    return text().includes('\x1b[31m');
  };
  assert.deepEqual([paint(true), paint(false)], [true, false]);
});

test('openRenderer() writes events as they are in rawjson, and nothing when quiet', async () => {
  const [json, quiet] = [capture(), capture()];
  replay(await openRenderer('rawjson', json.output, {}));
  replay(await openRenderer('quiet', quiet.output, {}));
  const lines = json.text().trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    BUILD,
  );
  assert.equal(quiet.text(), '');
});

/** What a terminal shows in the end: applies "up, clear below" and drops colours. */
function shown(text: string): string[] {
  let lines: string[] = [];
  for (const part of text.split(/(?=\x1b\[\d+A\r\x1b\[J)/)) {
    const up = /^\x1b\[(\d+)A\r\x1b\[J/.exec(part);
    if (up) lines = lines.slice(0, lines.length - Number(up[1]));
    const body = part.slice(up?.[0].length ?? 0).replace(/\x1b\[\d+m/g, '');
    lines.push(
      ...body
        .split('\n')
        .slice(0, -1)
        .map((line) => line.trimEnd()),
    );
  }
  return lines;
}
