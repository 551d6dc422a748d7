import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { DraftCheck } from '../engine/recording-types.ts';
import type { Context } from './command.ts';
import { writeComparison } from './comparison-text.ts';

/** A directory for the draft of a container that is not there yet: `web1.draft`, `web1.draft-2`. */
export function draftDirectory(cwd: string, container: string): string {
  const first = join(cwd, `${container}.draft`);
  let directory = first;
  for (let number = 2; existsSync(directory); number += 1) directory = `${first}-${number}`;
  return directory;
}

/** How people are told of a place: from where they are, if that is shorter. */
export function shownPlace(cwd: string, path: string): string {
  const near = relative(cwd, path);
  return near.startsWith('..') ? path : near;
}

/** Says in what the image of a draft is another one. Returns the exit code. */
export function writeCheck(
  context: Pick<Context, 'stdout'>,
  { comparison, volatile, sameFiles }: DraftCheck,
): number {
  const { stdout } = context;
  const apart = volatile === 0 ? '' : `, apart from ${volatile} in caches, logs and the like`;
  if (sameFiles) stdout.line(`The draft makes the same files${apart}.`);
  else stdout.line(`The draft makes other files${apart}:`);
  if (!comparison.same) writeComparison(context, { ...comparison, steps: [], packages: [] });
  return sameFiles ? 0 : 1;
}
