import type { Output } from '../output.ts';
import { openRenderer, type Renderer, unpaused, warningLines } from './renderer.ts';
import { transferLines, type TransferWords } from './transfer-lines.ts';

/** The display of `pull` and `push`: redrawn on a terminal, else line by line as Docker's. */
export async function openTransfers(
  {
    stdout,
    stderr,
    env,
  }: {
    readonly stdout: Output;
    readonly stderr: Output;
    readonly env: Readonly<Record<string, string | undefined>>;
  },
  quiet: boolean,
  words: TransferWords,
): Promise<Renderer> {
  if (!quiet && stderr.terminal) return openRenderer('tty', stderr, env);
  const sink = quiet ? warningLines(stderr) : transferLines(stdout, stderr, words);
  return { sink, pause: unpaused, [Symbol.dispose]: () => {} };
}
