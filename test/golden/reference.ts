import { readFileSync, readdirSync, writeFileSync, rmSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { allPages } from '../../src/cli/manual/all-pages.ts';
import { manPages } from '../../src/cli/manual/man.ts';
import { referencePages } from '../../src/cli/manual/reference.ts';
import { withConfigTable } from './config-table.ts';

const top = join(import.meta.dirname, '../..');
const folder = join(top, 'docs/reference');
const CONFIG_DOCUMENT = 'docs/registry-config.md';

/** What is generated from the table of commands and kept with the sources: texts by path. */
export async function generated(): Promise<Map<string, string>> {
  const pages = await allPages();
  const reference = [...referencePages(pages)].map(
    ([name, text]) => [`docs/reference/${name}`, text] as const,
  );
  const config = withConfigTable(readFileSync(join(top, CONFIG_DOCUMENT), 'utf8'));
  return new Map([
    ...reference,
    ['package.json', packageWith(manNames(pages))],
    [CONFIG_DOCUMENT, config],
  ]);
}

/** The same as it lies there. */
export function kept(): Map<string, string> {
  const names = readdirSync(folder).map((name) => `docs/reference/${name}`);
  return new Map(
    [...names, 'package.json', CONFIG_DOCUMENT].map((name) => [name, readFileSync(join(top, name), 'utf8')]),
  );
}

/** Writes all of it anew. */
export async function writeGenerated(): Promise<void> {
  const texts = await generated();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of texts) writeFileSync(join(top, name), text);
}

function manNames(pages: Parameters<typeof manPages>[0]): string[] {
  return [...manPages(pages, { version: '', date: '' }).keys()].map((name) => `dist/man/${name}`);
}

/** npm links the pages that package.json names; it takes no directory. */
function packageWith(man: readonly string[]): string {
  const text = readFileSync(join(top, 'package.json'), 'utf8');
  return `${JSON.stringify({ ...(JSON.parse(text) as object), man }, undefined, 2)}\n`;
}
