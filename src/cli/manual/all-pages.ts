import { COMMANDS } from '../command-index.ts';
import { pageOf, type Page } from './page.ts';

/** The pages of all commands, by name. */
export async function allPages(): Promise<Page[]> {
  const pages = await Promise.all(COMMANDS.map(async (entry) => pageOf(entry, await entry.load())));
  return pages.sort((a, b) => (a.name < b.name ? -1 : 1));
}
