import { StaveError } from '../base/errors.ts';
import type { Span } from '../dockerfile/ast.ts';
import { DockerfileError } from '../dockerfile/errors.ts';
import { excerpt } from '../dockerfile/excerpt.ts';
import { BuildError } from './errors.ts';
import type { Vertex } from './graph.ts';
import type { DockerfileInput } from './inputs.ts';
import { SecretLeakError } from './leaks/errors.ts';
import type { Recipe } from './solver-parts.ts';

/** An error of a step, with the lines of the Dockerfile that it is about. */
export function pointed(
  error: unknown,
  span: Span | undefined,
  dockerfile: DockerfileInput,
): unknown {
  if (!(error instanceof StaveError) || error instanceof BuildError) return error;
  // It names its place itself, and its excerpt leaves things out.
  if (error instanceof SecretLeakError) return error;
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

/** A recipe whose failures point at the lines of the vertex. */
export function located(recipe: Recipe, dockerfile: DockerfileInput): Recipe {
  const at = async <T>(vertex: Vertex, body: () => Promise<T>): Promise<T> => {
    try {
      return await body();
    } catch (error) {
      throw pointed(error, vertex.span, dockerfile);
    }
  };
  return {
    facts: (vertex, call) => at(vertex, () => recipe.facts(vertex, call)),
    contentFacts: (vertex, inputs, call) =>
      at(vertex, () => recipe.contentFacts(vertex, inputs, call)),
  };
}
