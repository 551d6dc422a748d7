import { once } from '../../base/bytes.ts';
import { UsageError } from '../../base/errors.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Host } from '../command.ts';
import { explain } from '../explain.ts';
import { parseGlobalOptions } from '../global-options.ts';
import { main } from '../main.ts';
import type { Output } from '../output.ts';
import { visible } from '../visible.ts';

/** The time at which tests take place. */
export const NOW = new Date('2026-11-21T07:03:25Z');

/** What a test may set around a command. */
export interface CliOptions {
  readonly engine?: Engine;
  readonly stdin?: string;
  /** Which of the three are terminals. */
  readonly terminals?: readonly ('stdin' | 'stdout' | 'stderr')[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
}

/** What came out of a command. */
export interface CliResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Runs a command line in this process, with an engine of the test's. */
export async function runCli(
  argv: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const { stdin, terminals = [], engine } = options;
  const [stdout, stderr] = [
    capture(terminals.includes('stdout')),
    capture(terminals.includes('stderr')),
  ];
  const host: Host = {
    env: options.env ?? {},
    cwd: options.cwd ?? '/',
    stdin: {
      terminal: terminals.includes('stdin'),
      bytes: () => once(Buffer.from(stdin ?? '')),
      secret: async () => (stdin === undefined ? undefined : stdin.split('\n')[1]),
      line: async () => (stdin === undefined || stdin === '' ? undefined : stdin.split('\n')[0]),
    },
    stdout: stdout.output,
    stderr: stderr.output,
    clock: { now: () => NOW },
    signal: options.signal ?? new AbortController().signal,
    version: () => '1.2.3',
    engine: async () => {
      if (!engine) throw new Error('this command was not to open the engine');
      return engine;
    },
  };
  let code: number;
  try {
    code = await main(parseGlobalOptions(argv), host);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const explained = explain(error, { debug: false, command: 'stave' });
    stderr.output.write(explained.text);
    code = explained.exitCode;
  }
  return { stdout: stdout.text(), stderr: stderr.text(), code };
}

/** An output that keeps what is written. */
export function capture(terminal = false): {
  readonly output: Output;
  readonly text: () => string;
} {
  const chunks: Buffer[] = [];
  const write = (data: string): void => void chunks.push(Buffer.from(data));
  return {
    output: {
      terminal,
      write: (text) => write(terminal ? visible(text) : text),
      line: (text) => write(`${terminal ? visible(text) : text}\n`),
      raw: (data) => void chunks.push(Buffer.from(data)),
    },
    text: () => Buffer.concat(chunks).toString(),
  };
}
