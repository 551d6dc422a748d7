/**
 * Writes the manual pages into the directory that is given. Their date is SOURCE_DATE_EPOCH's, or
 * today.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allPages } from '../src/cli/manual/all-pages.ts';
import { manPages } from '../src/cli/manual/man.ts';

const [directory = 'dist/man'] = process.argv.slice(2);
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const epoch = process.env['SOURCE_DATE_EPOCH'];
const date = new Date(epoch ? Number(epoch) * 1000 : Date.now()).toISOString().slice(0, 10);
mkdirSync(directory, { recursive: true });
for (const [name, text] of manPages(await allPages(), { version, date })) {
  writeFileSync(join(directory, name), text);
}
