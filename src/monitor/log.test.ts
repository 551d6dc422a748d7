import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readLog, type LogRange } from './log.ts';

const scratch = mkdtempSync(join(tmpdir(), 'stave-log-'));
after(() => rmSync(scratch, { recursive: true }));

const line = (
  second: number,
  text: string,
  tag = 'F',
  stream = 'stdout',
  zone = '+00:00',
): string =>
  `2026-11-21T20:00:${String(second).padStart(2, '0')}.000000001${zone} ${stream} ${tag} ${text}\n`;

async function read(file: string, range: LogRange = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const { stream, data } of readLog(file, range))
    found.push(`${stream} ${String(data)}`);
  return found;
}

function logOf(name: string, ...lines: readonly string[]): string {
  const file = join(scratch, name);
  writeFileSync(file, lines.join(''));
  return file;
}

test('readLog() tells streams apart, and gives whole lines their newline', async () => {
  const file = logOf('a', line(1, 'out'), line(2, 'err', 'F', 'stderr'), line(3, '$ ', 'P'));
  assert.deepEqual(await read(file), ['stdout out\n', 'stderr err\n', 'stdout $ ']);
});

test('readLog() gives times in UTC', async () => {
  const file = logOf('b', line(1, 'x', 'F', 'stdout', '+02:00'));
  for await (const { time } of readLog(file)) assert.equal(time, '2026-11-21T18:00:01.000000001Z');
});

test('readLog() begins with the last lines that were asked for, unfinished pieces with theirs', async () => {
  const file = logOf('c', line(1, 'one'), line(2, 'tw', 'P'), line(2, 'o'), line(3, 'three'));
  assert.deepEqual(await read(file, { tail: 2 }), ['stdout tw', 'stdout o\n', 'stdout three\n']);
  assert.deepEqual(await read(file, { tail: 0 }), []);
  assert.equal((await read(file, { tail: 99 })).length, 4);
});

test('readLog() finds the last lines of a long log', async () => {
  const lines = Array.from({ length: 5000 }, (_, index) => line(index % 60, `line ${index}`));
  const file = logOf('d', ...lines);
  assert.deepEqual((await read(file, { tail: 3000 })).at(0), 'stdout line 2000\n');
  assert.equal((await read(file)).length, 5000);
});

test('readLog() keeps to the times that were asked for', async () => {
  const file = logOf('e', line(1, 'a'), line(2, 'b'), line(3, 'c'));
  const since = Date.parse('2026-11-21T20:00:02Z');
  assert.deepEqual(await read(file, { since, until: since + 500 }), ['stdout b\n']);
});

test('readLog() goes on until it is told that nothing more will come', async () => {
  const file = logOf('f', line(1, 'a'));
  let rounds = 0;
  const follow = (): boolean => {
    rounds += 1;
    if (rounds === 2) appendFileSync(file, line(2, 'b'));
    return rounds < 3;
  };
  assert.deepEqual(await read(file, { follow }), ['stdout a\n', 'stdout b\n']);
});

test('readLog() takes a missing file for an empty one, and leaves out what conmon did not write', async () => {
  assert.deepEqual(await read(join(scratch, 'none')), []);
  assert.deepEqual(await read(logOf('g', 'nonsense\n', line(1, 'a'))), ['stdout a\n']);
});

test('readLog() reads the files that came before, too, and counts their lines', async () => {
  const file = logOf('r', line(5, 'five'));
  logOf('r.1', line(3, 'three'), line(4, 'four'));
  logOf('r.2', line(1, 'one'), line(2, 'two'));
  const texts = async (range?: LogRange): Promise<string> =>
    (await read(file, range)).map((text) => text.slice('stdout '.length, -1)).join(' ');
  assert.equal(await texts(), 'one two three four five');
  assert.equal(await texts({ tail: 2 }), 'four five');
  assert.equal(await texts({ tail: 4 }), 'two three four five');
  assert.equal(await texts({ tail: 9 }), 'one two three four five');
  assert.equal(await texts({ tail: 0 }), '');
});

test('readLog() goes on in the file that takes the place of the one it follows', async () => {
  const file = logOf('s', line(1, 'one'));
  const steps = [
    () => {
      appendFileSync(file, line(2, 'two'));
      renameSync(file, `${file}.1`);
    },
    // Conmon still writes there until the next one is open.
    () => appendFileSync(`${file}.1`, line(3, 'three')),
    () => writeFileSync(file, line(4, 'four')),
    () => appendFileSync(file, line(5, 'five')),
  ];
  const follow = (): boolean => {
    steps.shift()?.();
    return steps.length > 0;
  };
  const texts = (await read(file, { follow })).map((text) => text.slice('stdout '.length, -1));
  assert.equal(texts.join(' '), 'one two three four five');
});
