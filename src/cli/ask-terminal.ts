import { openSync } from 'node:fs';

/**
 * One line from the terminal of this process, whatever standard input is: that stays as it is,
 * for a program to be started on it. Undefined where there is no terminal, or nothing was said.
 */
export async function askTerminal(signal: AbortSignal): Promise<string | undefined> {
  let terminal: number;
  try {
    terminal = openSync('/dev/tty', 'r');
  } catch {
    return undefined;
  }
  const { ReadStream } = process.getBuiltinModule('node:tty');
  const stream = new ReadStream(terminal);
  const stop = (): void => void stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    let text = '';
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      text += chunk.toString();
      if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
    }
    return undefined;
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
}
