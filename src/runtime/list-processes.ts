import { spawnSync } from 'node:child_process';
import { InvalidInputError } from '../base/errors.ts';

const PS = '/usr/bin/ps';
const OUTPUT_LIMIT = 16 * 1024 * 1024;

/** A table of processes. */
export interface ProcessList {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * What the machine's `ps` says of some processes. The options must leave the column PID in.
 * Throws InvalidInputError.
 */
export function listProcesses(pids: readonly number[], options: readonly string[]): ProcessList {
  const args = options.length === 0 ? ['-ef'] : options;
  const { status, stdout, stderr, error } = spawnSync(PS, args, {
    encoding: 'utf8',
    env: {},
    maxBuffer: OUTPUT_LIMIT,
  });
  if (error) throw new InvalidInputError(`ps cannot be started: ${error.message}`);
  if (status !== 0) {
    throw new InvalidInputError(`error running ps: ${stderr.trim().split('\n')[0] ?? 'it failed'}`);
  }
  const [head = '', ...lines] = stdout.split('\n');
  const titles = head.trim().split(/\s+/);
  const column = titles.indexOf('PID');
  if (column < 0) throw new InvalidInputError("Couldn't find PID field in ps output");
  const wanted = new Set(pids.map(String));
  const rows = lines
    .map((line) => cells(line, titles.length))
    .filter((row) => wanted.has(row[column] ?? ''));
  return { titles, rows };
}

/** The last column has blanks of its own. */
function cells(line: string, count: number): string[] {
  const words = line.trim().split(/\s+/);
  return [...words.slice(0, count - 1), words.slice(count - 1).join(' ')];
}
