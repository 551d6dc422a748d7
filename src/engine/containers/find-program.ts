import { posix } from 'node:path';
import { CommandNotExecutableError, CommandNotFoundError } from '../../runtime/errors.ts';
import type { StackEntry, StackView } from '../../snapshot/stack-view.ts';

const EXECUTABLE = 0o111n;

/** What decides which file a command means. */
export interface ProgramQuestion {
  readonly command: string;
  readonly env: readonly string[];
  readonly cwd: string;
  /** Places where something is mounted, of which the image knows nothing. */
  readonly mounted: readonly string[];
}

/**
 * Throws what the runtime would complain of when it is plain from the image already, so that
 * the message is ours alone: CommandNotFoundError, CommandNotExecutableError. What lies on a
 * mount is left to the runtime.
 */
export function checkProgram(view: StackView, question: ProgramQuestion): void {
  const { command, env, cwd, mounted } = question;
  const covered = (path: string): boolean =>
    mounted.some((target) => path === target || path.startsWith(`${target}/`));
  if (command.includes('/')) {
    const path = posix.resolve(cwd, command);
    if (covered(path)) return;
    const found = view.find(path);
    if (!found) {
      throw new CommandNotFoundError(
        `exec: "${command}": stat ${command}: no such file or directory`,
      );
    }
    if (!covered(found.path.toString())) checkExecutable(command, found);
    return;
  }
  const path = env.find((text) => text.startsWith('PATH='))?.slice('PATH='.length) ?? '';
  for (const directory of path.split(':')) {
    const candidate = posix.resolve(cwd, directory, command);
    if (covered(candidate)) return;
    const found = view.find(candidate);
    if (found && (covered(found.path.toString()) || isExecutable(found))) return;
  }
  throw new CommandNotFoundError(`exec: "${command}": executable file not found in $PATH`);
}

function checkExecutable(command: string, found: StackEntry): void {
  if (isExecutable(found)) return;
  const why =
    found.kind === 'directory' ? 'is a directory: permission denied' : 'permission denied';
  throw new CommandNotExecutableError(`exec: "${command}": ${why}`);
}

function isExecutable({ kind, stat }: StackEntry): boolean {
  return kind === 'file' && (stat.mode & EXECUTABLE) !== 0n;
}
