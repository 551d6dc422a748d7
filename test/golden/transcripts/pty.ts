/**
 * Runs a command line on a terminal of its own and shows what was on it: `pty.ts LINE TYPED…`. Each text is typed when
 * there is a prompt, or when nothing has come for a while; `\n` and `\xHH` in it are what they are in C.
 */
import { spawn } from 'node:child_process';

/** A shell waits, or a question stands. */
const PROMPT = /(?:[#$] (?:\x1b\[(?:6n|J))?|\] |: )$/;
/** A shell that is told a new size draws its prompt again. */
const SETTLED = 500;
const PATIENCE = 4_000;
const LIMIT = 60_000;

const [line = '', ...typed] = process.argv.slice(2);
const child = spawn('script', ['-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
const left = typed.map((text) =>
  text.replaceAll('\\n', '\n').replaceAll(/\\x([0-9a-f]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16))),
);
let shown = '';
let from = 0;
let silence = setTimeout(type, PATIENCE);
const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT);

function type(): void {
  const text = left.shift();
  if (text === undefined) return;
  from = shown.length;
  child.stdin.write(text);
  silence = setTimeout(type, PATIENCE);
}

child.stdin.on('error', () => {
  // It ended before all was typed, which its output shows.
});
child.stdout.setEncoding('utf8').on('data', (text: string) => {
  shown += text;
  clearTimeout(silence);
  silence = setTimeout(type, PROMPT.test(shown.slice(from)) ? SETTLED : PATIENCE);
});
child.on('close', (code) => {
  clearTimeout(silence);
  clearTimeout(limit);
  process.stdout.write(`${shown.replaceAll('\r', '')}\n[exit ${code}]\n`);
});
