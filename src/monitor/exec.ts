import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attachTo, type Attachment, type OutputSink } from './attachment.ts';
import { startConmon } from './conmon.ts';

/** A process to be started beside those of a container. */
export interface ExecCall {
  /** The container's. */
  readonly id: string;
  readonly execId: string;
  /** Of this process alone; holds `process.json`. */
  readonly directory: string;
  /** The runtime: program and arguments before its verb. */
  readonly runtime: readonly string[];
  readonly terminal: boolean;
  readonly stdin: boolean;
  /** Where its output goes; without it nobody hears it. */
  readonly sink?: OutputSink;
  /** Called when it has ended. */
  readonly exitCommand: readonly string[];
}

/** A process that was started; or why it was not. */
export type ExecStart =
  | {
      readonly attachment?: Attachment;
      /** Its exit code, once it has ended; undefined when its monitor was killed before. */
      readonly ended: Promise<number | undefined>;
      leave(): void;
    }
  | { readonly refused: string | undefined };

/** Starts a process in a container that runs. Throws MonitorMissingError. */
export async function startExec(call: ExecCall): Promise<ExecStart> {
  const { id, execId, directory, runtime, terminal, stdin, sink, exitCommand } = call;
  const [program = '', ...runtimeArgs] = runtime;
  const [exitProgram = '', ...exitArgs] = exitCommand;
  const each = (flag: string, values: readonly string[]): string[] =>
    values.flatMap((value) => [flag, value]);
  const conmon = startConmon({
    complaints: join(directory, 'conmon.log'),
    attach: sink !== undefined,
    args: [
      '--api-version',
      '1',
      '-c',
      id,
      '-u',
      execId,
      '-n',
      execId,
      '-r',
      program,
      ...each('--runtime-arg', runtimeArgs),
      '-b',
      directory,
      '-p',
      join(directory, 'pidfile'),
      '-P',
      join(directory, 'conmon.pid'),
      '--full-attach',
      '--log-level',
      'error',
      '-l',
      'none',
      '-e',
      '--exec-process-spec',
      join(directory, 'process.json'),
      ...(sink ? ['--exec-attach'] : []),
      ...(terminal ? ['-t'] : stdin ? ['-i'] : []),
      '--exit-command',
      exitProgram,
      ...each('--exit-command-arg', exitArgs),
    ],
  });
  let attachment: Attachment | undefined;
  if (sink) {
    await conmon.ready();
    attachment = attachTo(join(directory, 'attach'), sink);
    conmon.go();
  }
  const word = await conmon.said();
  if (word === undefined || word.data < 0) {
    attachment?.[Symbol.dispose]();
    conmon.leave();
    const said =
      word?.message?.trim() || readFileSync(join(directory, 'conmon.log'), 'utf8').trim();
    return { refused: said || undefined };
  }
  return {
    ...(attachment && { attachment }),
    ended: sink ? conmon.said().then((end) => end?.data) : Promise.resolve(undefined),
    leave: () => conmon.leave(),
  };
}
