import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../command.ts';
import { flag } from '../flags.ts';

/** The flag about the page for browsers. */
export const PAGE_FLAGS = {
  'no-page': flag.toggle('Show no page to browsers'),
};

/** The folder of the page, which the build writes; undefined without one, or when none is wanted. */
export function pageFolder({
  flags,
}: Pick<Context<typeof PAGE_FLAGS>, 'flags'>): string | undefined {
  if (flags['no-page']) return undefined;
  // The program is in dist/cli, its sources one folder deeper than that.
  const top = ['../..', '../../..'].map((up) => join(import.meta.dirname, up, 'dist/page'));
  return top.find((folder) => existsSync(join(folder, 'index.html')));
}
