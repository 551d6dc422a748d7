/**
 * Writes what is recorded anew, for a look at what changed: `npm run golden` what is made from the
 * table of commands (help pages, the reference), `npm run golden -- listing.txt` a transcript. The
 * commands of transcripts stay what they are.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { writeGenerated } from '../reference.ts';
import { recorded, replay, written } from './transcript.ts';

process.env["TZ"] = 'UTC';
const asked = process.argv.slice(2);
if (asked.length === 0) await writeGenerated();
for (const file of asked.length === 0 ? ['help.txt'] : asked) {
  const path = new URL(file, import.meta.url);
  const blocks: string[] = [];
  for (const { command } of recorded(readFileSync(path, 'utf8'))) {
    blocks.push(written(command, await replay(command)));
  }
  writeFileSync(path, blocks.join('\n'));
}
