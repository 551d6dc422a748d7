import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { House } from './house.ts';

const LIMIT = 60_000;

/** What is waited for on a terminal, and what is typed then, or done with the terminal's path. */
export type Step = readonly [waitFor: RegExp, type: string | ((terminal: string) => void)];

/** Makes a terminal larger or smaller, as its window would. */
export function resizeTo(rows: number, columns: number): (terminal: string) => void {
  return (terminal) => {
    const size = ['rows', String(rows), 'cols', String(columns)];
    const done = spawnSync('stty', ['-F', terminal, ...size]);
    assert.equal(done.status, 0, String(done.stderr));
  };
}

/**
 * Runs a command line in a terminal of its own, of 33 rows and 101 columns: each answer is waited for before the next
 * is typed.
 */
export async function inTerminal(
  house: House,
  args: readonly string[],
  steps: readonly Step[],
): Promise<{ readonly text: string; readonly code: number }> {
  const line = [
    'tty; stty rows 33 cols 101; echo begun;',
    ...house.command(args),
    '; echo "code:$?"',
  ].join(' ');
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT);
  let text = '';
  let from = 0;
  let step = 0;
  for await (const chunk of child.stdout) {
    text += String(chunk);
    const [wanted, typed] = steps[step] ?? [];
    if (!wanted || typed === undefined || !wanted.test(text.slice(from))) continue;
    from = text.length;
    step += 1;
    if (typeof typed === 'string') child.stdin.write(typed);
    else typed(/\/dev\/pts\/\d+/.exec(text)?.[0] ?? '');
  }
  clearTimeout(limit);
  assert.equal(step, steps.length, text);
  return { text, code: Number(/code:(\d+)/.exec(text)?.[1]) };
}
