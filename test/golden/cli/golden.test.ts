import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fakeEngine } from '../../../src/cli/testing/fake-engine.ts';
import { runCli } from '../../../src/cli/testing/run-cli.ts';

/*
 * Each .txt file holds recorded command lines with all that they say. A line that begins
 * with `$ ` is a command, `! ` is a line of stderr, `? ` the exit code (0 unless given),
 * `\` ends a last line that has no line end; all else is stdout. Command lines are quoted as in
 * a shell. Blank lines before a command do not count.
 */
process.env["TZ"] = 'UTC';
const here = new URL('.', import.meta.url);

for (const file of readdirSync(here).filter((name) => name.endsWith('.txt'))) {
  const text = readFileSync(new URL(file, here), 'utf8');
  for (const block of text.split(/^(?=\$ )/m).filter((one) => one.startsWith('$ '))) {
    const [command = '', ...lines] = block.replace(/\n\n$/, '\n').replace(/\n$/, '').split('\n');
    const wanted = {
      stdout: joined(lines.filter((line) => !/^[!?]( |$)/.test(line))),
      stderr: joined(lines.filter((line) => /^!( |$)/.test(line)).map((line) => line.slice(2))),
      code: Number(lines.find((line) => line.startsWith('? '))?.slice(2) ?? 0),
    };
    test(`${file}: ${command.slice(2)}`, async () => {
      const [line = '', stdin] = command.slice(2).split(' <<< ');
      const argv = words(line).slice(1);
      const result = await runCli(argv, {
        engine: fakeEngine().engine,
        ...(stdin !== undefined && { stdin: `${stdin}\n` }),
      });
      assert.deepEqual(result, wanted);
    });
  }
}

function joined(lines: readonly string[]): string {
  const text = lines.map((line) => `${line}\n`).join('');
  return text.endsWith('\\\n') ? text.slice(0, -2) : text;
}

/** Splits a command line at blanks, with the quotes of a shell. */
function words(line: string): string[] {
  const found = line.match(/(?:[^\s'"]|'[^']*'|"(?:[^"\\]|\\.)*")+/g) ?? [];
  return found.map((word) =>
    word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"/g, (_, single?: string, double?: string) =>
      single ?? (double ?? '').replace(/\\(["\\$`])/g, '$1'),
    ),
  );
}
