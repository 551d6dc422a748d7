/**
 * Compares the dump of Dockerfiles with the one that BuildKit's own parser tests expect. Nothing
 * of them is part of this project: fetch `frontend/dockerfile/parser` of BuildKit and name it.
 *
 * usage: ast.ts DIR...     each DIR holds folders with a Dockerfile and, unless it must be refused, a `result`
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StaveError } from '../../src/base/errors.ts';
import { dumpAst } from '../../src/dockerfile/dump.ts';

interface Verdict {
  readonly folder: string;
  readonly expected: string | undefined;
  readonly found: string | undefined;
}

/** Folders with a Dockerfile, however deep. */
function folders(top: string): string[] {
  if (existsSync(join(top, 'Dockerfile'))) return [top];
  return readdirSync(top, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => folders(join(top, entry.name)))
    .toSorted();
}

function judge(folder: string): Verdict {
  const result = join(folder, 'result');
  const expected = existsSync(result) ? readFileSync(result, 'utf8').trimEnd() : undefined;
  try {
    return { folder, expected, found: dumpAst(readFileSync(join(folder, 'Dockerfile'))) };
  } catch (error) {
    if (!(error instanceof StaveError)) throw error;
    return { folder, expected, found: undefined };
  }
}

/** Some files of theirs check line numbers and come without a dump: what they say has no answer here. */
function isCase({ folder, expected }: Verdict): boolean {
  return expected !== undefined || folder.includes('negative');
}

const verdicts = process.argv.slice(2).flatMap(folders).map(judge).filter(isCase);
const wrong = verdicts.filter(({ expected, found }) => expected !== found);
for (const { folder, expected, found } of wrong) {
  console.log(
    `DIFFERENT ${folder}\n  expected ${expected ?? 'a refusal'}\n  found    ${found ?? 'a refusal'}`,
  );
}
const refused = verdicts.filter(({ expected }) => expected === undefined).length;
console.log(
  `${verdicts.length - wrong.length} of ${verdicts.length} agree (${refused} of them must be refused)`,
);
process.exitCode = wrong.length > 0 || verdicts.length === 0 ? 1 : 0;
