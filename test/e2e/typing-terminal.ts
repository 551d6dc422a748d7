import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Typing } from './recorded-sessions.ts';

/**
 * A prompt at the end of what a terminal shows. ash asks for the place of its cursor, too, and clears what is behind
 * when it draws the prompt again, as it does whenever it is told the size.
 */
const PROMPT = /[#$>] (?:\u001b\[(?:6n|J))*$/;
const LIMIT = 60_000;

/** Resolves when there is such a process. */
async function running(argv: readonly string[]): Promise<void> {
  const wanted = `${argv.join('\0')}\0`;
  const isThere = (pid: string): boolean => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1') === wanted;
    } catch {
      return false;
    }
  };
  while (!readdirSync('/proc').some((name) => /^\d+$/.test(name) && isThere(name))) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Runs a command line in a terminal of its own: each answer is waited for before the next is typed. */
export async function atTerminal(
  command: readonly string[],
  typing: readonly Typing[],
): Promise<{ readonly text: string; readonly code: number }> {
  const line = ['stty rows 24 cols 100;', ...command, '; echo "code:$?"'].join(' ');
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT);
  let text = '';
  let from = 0;
  let step = 0;
  for await (const chunk of child.stdout) {
    text += String(chunk);
    const next = typing[step];
    if (next === undefined) continue;
    const [wanted, typed] = typeof next === 'string' ? [PROMPT, `${next}\r`] : next;
    if ('argv' in wanted) await running(wanted.argv);
    else if (!wanted.test(text.slice(from))) continue;
    from = text.length;
    step += 1;
    child.stdin.write(typed);
  }
  clearTimeout(limit);
  assert.equal(step, typing.length, text);
  return { text, code: Number(/code:(\d+)/.exec(text)?.[1]) };
}
