import { readFileSync } from 'node:fs';
import { isErrno, type StaveError } from '../base/errors.ts';
import { CommandNotExecutableError, CommandNotFoundError, RuntimeFailedError } from './errors.ts';

/** The last error in a runtime's log (JSON lines); undefined when it had nothing to complain about. */
export function loggedError(file: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  return errorIn(text);
}

/** The last error among lines that a runtime wrote, as JSON or as they are. */
export function errorIn(text: string): string | undefined {
  return text
    .split('\n')
    .map(errorOf)
    .findLast((message) => message !== undefined);
}

function errorOf(line: string): string | undefined {
  if (line === '') return undefined;
  try {
    const { level, msg } = JSON.parse(line) as { level?: unknown; msg?: unknown };
    return level === 'error' && typeof msg === 'string' ? msg : undefined;
  } catch {
    return line;
  }
}

const INTERPRETER =
  'The file is there, but the interpreter or dynamic loader that it asks for is not.';

/**
 * The error behind what crun or runc said when it could not start `command`. The wording of
 * the result is Docker's.
 */
export function runtimeFailure(message: string, command: string): StaveError {
  const quoted = `exec: "${command}"`;
  if (/^exec (?:container process )?.*: no such file or directory$/i.test(message)) {
    return new CommandNotFoundError(`exec ${command}: no such file or directory`, INTERPRETER);
  }
  if (/exec format error/i.test(message)) {
    return new CommandNotExecutableError(
      `exec ${command}: exec format error`,
      'It is neither a program for this machine nor a script that begins with #!.',
    );
  }
  if (/executable file .*not found/i.test(message) || isMissing(message)) {
    return new CommandNotFoundError(
      command.includes('/')
        ? `${quoted}: stat ${command}: no such file or directory`
        : `${quoted}: executable file not found in $PATH`,
    );
  }
  if (
    /^open executable: operation not permitted/i.test(message) ||
    /is a directory/i.test(message)
  ) {
    return new CommandNotExecutableError(`${quoted}: is a directory: permission denied`);
  }
  if (/^(?:open executable|exec\b.*): permission denied/i.test(message) || isDenied(message)) {
    return new CommandNotExecutableError(`${quoted}: permission denied`);
  }
  return new RuntimeFailedError(message.replace(/^runc run failed: /, '').trim());
}

/** runc: `…: exec: "/nope": stat /nope: no such file or directory`. */
function isMissing(message: string): boolean {
  return /exec: ".*": stat .*: no such file or directory$/.test(message);
}

function isDenied(message: string): boolean {
  return /exec: ".*": permission denied$/.test(message);
}
