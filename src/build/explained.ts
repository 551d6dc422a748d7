import { StaveError } from '../base/errors.ts';
import type { Span } from '../dockerfile/ast.ts';
import { DockerfileError } from '../dockerfile/errors.ts';
import { excerpt } from '../dockerfile/excerpt.ts';
import { BuildError } from './errors.ts';
import type { DockerfileInput } from './inputs.ts';

/** An error of a step, with the lines of the Dockerfile that it is about. */
export function pointed(
  error: unknown,
  span: Span | undefined,
  dockerfile: DockerfileInput,
): unknown {
  if (!(error instanceof StaveError) || error instanceof BuildError) return error;
  return new BuildError(`failed to solve: ${error.message}`, {
    hint: error.hint,
    cause: error,
    ...(span && { detail: excerpt(dockerfile.text.toString(), span, dockerfile.name) }),
  });
}

/** Gives errors of the language and of base images the builder's lead-in. */
export function explained(error: unknown, dockerfile: DockerfileInput): unknown {
  if (!(error instanceof DockerfileError)) return pointed(error, undefined, dockerfile);
  return new BuildError(`failed to solve: ${error.message}`, {
    hint: error.hint,
    cause: error,
    ...(error.excerpt !== undefined && { detail: error.excerpt }),
  });
}
