import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Log, type LogFormat, type LogLevel } from './log.ts';

const clock = { now: () => new Date('2026-01-02T03:04:05.678Z') };

function logged(format: LogFormat, level: LogLevel, say: (log: Log) => void): string[] {
  const lines: string[] = [];
  say(new Log(level, { format, clock, write: (line) => lines.push(line) }));
  return lines;
}

test('text lines have a time, a level, a message and fields', () => {
  const lines = logged('text', 'info', (log) => {
    log.debug('not this');
    log.info('request', { id: 'a-1', path: '/v2/', ms: 1.5, user: undefined });
    log.warn('odd', { reason: 'it says "no"' });
  });
  assert.deepEqual(lines, [
    '2026-01-02T03:04:05.678Z info request id=a-1 path=/v2/ ms=1.5',
    '2026-01-02T03:04:05.678Z warn odd reason="it says \\"no\\""',
  ]);
});

test('JSON lines are objects', () => {
  const [line = ''] = logged('json', 'debug', (log) => log.error('x', { n: 1, text: 'y' }));
  assert.deepEqual(JSON.parse(line), {
    time: '2026-01-02T03:04:05.678Z',
    level: 'error',
    message: 'x',
    n: 1,
    text: 'y',
  });
});

test('nothing from outside begins a line or moves a cursor', () => {
  const bad = 'a\nb\r\u001b[2Jc\u2028d\u202ee\u0085f';
  for (const format of ['text', 'json'] as const) {
    const [line = ''] = logged(format, 'info', (log) => log.info(bad, { [`k`]: bad }));
    assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    if (format === 'json') assert.equal((JSON.parse(line) as { k: string }).k, bad);
  }
});

test('a level that is set later counts', () => {
  const lines = logged('text', 'error', (log) => {
    log.warn('1');
    log.level = 'debug';
    log.debug('2');
  });
  assert.deepEqual(lines.length, 1);
});
