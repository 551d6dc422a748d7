import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidInputError } from '../base/errors.ts';
import type { BuildRequest } from '../engine/build-types.ts';
import type { Host } from './command.ts';
import { flag, type Values } from './flags.ts';
import { argumentsOf } from './key-values.ts';

/** Flags of the commands that look at a context. */
export const CONTEXT_FLAGS = {
  'build-arg': flag.list('stringArray', 'A value for ARG, as in build'),
  file: flag.text('string', 'The Dockerfile (default: "PATH/Dockerfile")', 'f'),
};

/** A build of a local context, for looking at. Throws InvalidInputError. */
export function contextRequest(
  { cwd, env }: Pick<Host, 'cwd' | 'env'>,
  flags: Values<typeof CONTEXT_FLAGS>,
  typed: string,
): BuildRequest {
  const context = resolve(cwd, typed);
  if (statSync(context, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new InvalidInputError(`${JSON.stringify(typed)} is not a directory`, {
      hint: 'Build contexts that are looked at are directories of this machine.',
    });
  }
  return {
    context,
    args: argumentsOf(flags['build-arg'], env),
    ...(flags.file !== undefined && { dockerfile: { path: resolve(cwd, flags.file) } }),
  };
}
