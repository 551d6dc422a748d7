import { StaveError } from '../../base/errors.ts';
import type { BuildResult } from '../../engine/build-types.ts';
import type { Host } from '../command.ts';
import { shortId } from '../units.ts';

/** Whether `DOCKER_BUILDKIT=0` asks for the ways of Docker's classic builder: its log, and the exit code of a RUN. */
export function isClassic({ env }: Pick<Host, 'env'>): boolean {
  return /^(?:0|f|false)$/i.test(env['DOCKER_BUILDKIT'] ?? '');
}

/** A command of a RUN failed; its exit code is the build's. */
class ClassicRunError extends StaveError {
  readonly code = 'RUN_FAILED';
}

/** A failure in the words and with the exit code of the classic builder. */
export function classicError(error: unknown): unknown {
  if (!(error instanceof StaveError)) return error;
  const match = /process "(.*)" did not complete successfully: exit code: (\d+)$/s.exec(
    error.message,
  );
  if (!match) return error;
  const [, process = '', code = ''] = match;
  return new ClassicRunError(`The command '${process}' returned a non-zero code: ${code}`, {
    exitCode: Number(code),
    hint: error.hint,
    cause: error,
  });
}

/** Its last lines. */
export function writeBuilt(
  { stdout }: Pick<Host, 'stdout'>,
  { id }: BuildResult,
  tags: readonly string[],
): void {
  stdout.line(`Successfully built ${shortId(id)}`);
  for (const tag of tags) {
    stdout.line(`Successfully tagged ${/:[^/]*$/.test(tag) ? tag : `${tag}:latest`}`);
  }
}
