import { fstatSync, readSync } from 'node:fs';
import type { Input } from './command.ts';
import { isTerminal } from './output.ts';

const CHUNK = 512 * 1024;

/**
 * Standard input. A file is read in large pieces; everything else through Node's stream,
 * since a blocking read of a pipe or a terminal would keep Ctrl-C out.
 */
export function standardInput(): Input {
  let terminal: boolean | undefined;
  return {
    get terminal() {
      return (terminal ??= isTerminal(0));
    },
    async *bytes({ reuse = false } = {}) {
      if (!fstatSync(0).isFile()) {
        yield* process.stdin as AsyncIterable<Buffer>;
        return;
      }
      let chunk = Buffer.allocUnsafeSlow(CHUNK);
      for (;;) {
        const size = readSync(0, chunk);
        if (size === 0) return;
        yield chunk.subarray(0, size);
        // What was handed on may still be in use.
        if (!reuse) chunk = Buffer.allocUnsafeSlow(CHUNK);
      }
    },
    async line() {
      let text = '';
      // What follows the line may be asked for next.
      const { stdin } = process;
      for await (const chunk of stdin.iterator({
        destroyOnReturn: false,
      }) as AsyncIterable<Buffer>) {
        text += chunk.toString();
        const end = text.indexOf('\n');
        if (end < 0) continue;
        stdin.pause();
        return text.slice(0, end);
      }
      return text === '' ? undefined : text;
    },
    secret: typedUnseen,
  };
}

const [INTERRUPT, END, BACKSPACE] = ['\x03', '\x04', '\x7f'];

/** Reads a line key by key, since the terminal would show it. */
function typedUnseen(): Promise<string | undefined> {
  const { stdin } = process;
  return new Promise((resolve) => {
    let text = '';
    const done = (value: string | undefined): void => {
      stdin.setRawMode(false);
      stdin.off('data', read).pause();
      resolve(value);
    };
    const read = (chunk: Buffer): void => {
      for (const key of chunk.toString()) {
        if (key === '\r' || key === '\n') return done(text);
        if (key === END) return done(text === '' ? undefined : text);
        if (key === INTERRUPT) {
          // In raw mode the terminal makes no signal of it.
          process.kill(process.pid, 'SIGINT');
          return done(undefined);
        }
        text = key === BACKSPACE || key === '\b' ? text.slice(0, -1) : text + key;
      }
    };
    stdin.setRawMode(true);
    stdin.on('data', read).resume();
  });
}
