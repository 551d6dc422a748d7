import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../base/errors.ts';
import { startConmon, type Conmon } from './conmon.ts';

/** A container to be made and watched. */
export interface MonitoredContainer {
  readonly id: string;
  readonly name: string;
  /** Holds `config.json`; conmon keeps its own files there. */
  readonly bundle: string;
  /** The runtime: program and arguments before its verb. */
  readonly runtime: readonly string[];
  /** A file; none keeps no log. */
  readonly log?: string;
  /** Bytes after which the log begins anew. */
  readonly logLimit?: number;
  readonly terminal: boolean;
  /** `once`: it ends with the first who attaches; `open`: it stays. */
  readonly stdin: 'none' | 'once' | 'open';
  /** Called when the container has ended. */
  readonly exitCommand: readonly string[];
  /** Open descriptors to be kept as long as the container is there. */
  readonly keep?: readonly number[];
}

/** A container that was made, and waits to be started. */
export interface CreatedContainer {
  readonly pid: number;
  readonly conmon: Conmon;
}

/** Why the runtime did not make a container; what it said, if anything. */
export interface RefusedContainer {
  readonly refused: string | undefined;
}

const STALE = ['exit', 'oom', 'attach', 'ctl', 'winsz', 'pidfile', 'conmon.pid', 'runtime.log'];

/**
 * Has a container made by a monitor of its own. Its first process exists then, and waits:
 * whoever wants to miss nothing attaches before it is started. Throws MonitorMissingError.
 */
export async function createMonitored(
  container: MonitoredContainer,
): Promise<CreatedContainer | RefusedContainer> {
  const { id, name, bundle, runtime, log, logLimit, terminal, stdin, exitCommand } = container;
  // From an earlier life.
  for (const file of STALE) rmSync(join(bundle, file), { force: true });
  const [program = '', ...runtimeArgs] = runtime;
  const [exitProgram = '', ...exitArgs] = exitCommand;
  const each = (flag: string, values: readonly string[]): string[] =>
    values.flatMap((value) => [flag, value]);
  const conmon = startConmon({
    complaints: join(bundle, 'conmon.log'),
    ...(container.keep && { keep: container.keep }),
    args: [
      '--api-version',
      '1',
      '-c',
      id,
      '-u',
      id,
      '-n',
      name,
      '-r',
      program,
      ...each('--runtime-arg', runtimeArgs),
      '-b',
      bundle,
      '-p',
      join(bundle, 'pidfile'),
      '-P',
      join(bundle, 'conmon.pid'),
      '--persist-dir',
      bundle,
      '--full-attach',
      '--no-sync-log',
      '--log-level',
      'error',
      '-l',
      log === undefined ? 'none' : `k8s-file:${log}`,
      ...(logLimit === undefined ? [] : ['--log-size-max', String(logLimit)]),
      // With both, whoever leaves first would take standard input with him.
      ...(terminal ? ['-t'] : stdin === 'none' ? [] : ['-i']),
      ...(stdin === 'open' && !terminal ? ['--leave-stdin-open'] : []),
      '--exit-command',
      exitProgram,
      ...each('--exit-command-arg', exitArgs),
    ],
  });
  const word = await conmon.said();
  if (word !== undefined && word.data > 0) return { pid: word.data, conmon };
  conmon.leave();
  return { refused: word?.message?.trim() || lastLine(join(bundle, 'conmon.log')) };
}

/** A process ID that conmon wrote; undefined where there is none. */
export function pidIn(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'latin1'), 10);
    return pid > 0 ? pid : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function lastLine(file: string): string | undefined {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.at(-1) || undefined;
}
