/**
 * Writes the differences of one or more files anew, for a look at what changed: differences that are listed are
 * replaced where they stand, those that are gone are taken out, new ones are put at the end, to be explained or mended.
 * `sh scripts/in-node.sh test/golden/transcripts/write.ts listing.txt`
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { compared } from './compare.ts';
import { DIFFERENCES } from './differences.ts';
import { recordings } from './recordings.ts';
import { Scene } from './scene.ts';

let text = readFileSync(DIFFERENCES, 'utf8');
for (const [file, steps] of recordings()) {
  if (process.argv.length > 2 && !process.argv.includes(file)) continue;
  await using scene = await Scene.open();
  for (const step of steps) {
    for (const line of step.before) {
      const { code, stderr } = await scene.run(line);
      if (code !== 0) process.stderr.write(`${step.id}: ${line}\n${stderr}`);
    }
    put(step.id, compared(step, await scene.run(step.command)));
  }
}
writeFileSync(DIFFERENCES, text);

function put(id: string, found: string): void {
  const block = found === '' ? '' : `**${id}**\n\n\`\`\`diff\n${found}\`\`\`\n\n`;
  const old = new RegExp(`^\\*\\*${id}\\*\\*\\n\\n\`\`\`diff\\n[^]*?\`\`\`\\n\\n`, 'm');
  if (old.test(text)) text = text.replace(old, () => block);
  else text = text.replace(/(?=## Not replayed\n)/, () => block);
}
