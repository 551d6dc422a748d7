/**
 * Writes transcripts anew, for a look at what changed: `npm run golden -- help.txt`. The
 * commands stay what they are.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { recorded, replay, written } from './transcript.ts';

process.env["TZ"] = 'UTC';
for (const file of process.argv.slice(2)) {
  const path = new URL(file, import.meta.url);
  const blocks: string[] = [];
  for (const { command } of recorded(readFileSync(path, 'utf8'))) {
    blocks.push(written(command, await replay(command)));
  }
  writeFileSync(path, blocks.join('\n'));
}
