import { Exit, StaveError, UsageError } from '../base/errors.ts';
import { Interrupted } from './command.ts';
import { BrokenPipe } from './output.ts';

/** How an error leaves the process. */
export interface Explanation {
  readonly text: string;
  readonly exitCode: number;
}

/** What is known around the error. */
export interface ExplainOptions {
  readonly debug: boolean;
  /** The command, when the words should point to its help: `stave image ls`. */
  readonly command?: string | undefined;
  /** Point there after every error, not only after those of usage. */
  readonly pointToHelp?: boolean | undefined;
}

/** The only place that turns an error into words for a terminal and a number for a shell. */
export function explain(error: unknown, options: ExplainOptions): Explanation {
  if (error instanceof StaveError) {
    const points =
      options.command !== undefined &&
      (options.pointToHelp === true || error instanceof UsageError);
    const lines = [
      ...(error.detail === undefined ? [] : [error.detail.replace(/\n+$/, '')]),
      `Error: ${error.message}${options.debug ? because(error.cause) : ''}`,
      ...(error.hint === undefined ? [] : [`Hint: ${error.hint}`]),
      ...(points ? ['', `Run '${options.command} --help' for more information`] : []),
    ];
    return { text: `${lines.join('\n')}\n`, exitCode: error.exitCode };
  }
  if (error instanceof Interrupted) return { text: '', exitCode: error.exitCode };
  if (error instanceof BrokenPipe) return { text: '', exitCode: Exit.ok };
  if (error instanceof Error && error.name === 'AbortError') {
    return { text: '', exitCode: Exit.interrupted };
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    text: `Error: this is a bug in stave, please report it:\n${trace}${because(
      error instanceof Error ? error.cause : undefined,
    )}\n`,
    exitCode: Exit.failure,
  };
}

function because(cause: unknown): string {
  return cause instanceof Error ? `\n  because: ${cause.message}${because(cause.cause)}` : '';
}
