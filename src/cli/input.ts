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
    async *bytes() {
      if (!fstatSync(0).isFile()) {
        yield* process.stdin as AsyncIterable<Buffer>;
        return;
      }
      for (;;) {
        // A new buffer each time: what was handed on may still be in use.
        const chunk = Buffer.allocUnsafeSlow(CHUNK);
        const size = readSync(0, chunk);
        if (size === 0) return;
        yield chunk.subarray(0, size);
      }
    },
    async line() {
      let text = '';
      for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
        text += chunk.toString();
        const end = text.indexOf('\n');
        if (end >= 0) return text.slice(0, end);
      }
      return text === '' ? undefined : text;
    },
  };
}
