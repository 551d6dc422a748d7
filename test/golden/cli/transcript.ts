import { fakeEngine } from '../../../src/cli/testing/fake-engine.ts';
import { runCli, type CliResult } from '../../../src/cli/testing/run-cli.ts';

/*
 * Each .txt file holds recorded command lines with all that they say. A line that begins
 * with `$ ` is a command, `! ` is a line of stderr, `? ` the exit code (0 unless given),
 * `\` ends a last line that has no line end; all else is stdout. Command lines are quoted as in
 * a shell. Blank lines before a command do not count.
 */

/** One command of a transcript and what it must say. */
export interface Recorded {
  readonly command: string;
  readonly wanted: CliResult;
}

/** The commands of a transcript, in order. */
export function recorded(text: string): Recorded[] {
  return text
    .split(/^(?=\$ )/m)
    .filter((block) => block.startsWith('$ '))
    .map((block) => {
      const [command = '', ...lines] = block.replace(/\n\n$/, '\n').replace(/\n$/, '').split('\n');
      return {
        command: command.slice(2),
        wanted: {
          stdout: joined(lines.filter((line) => !/^[!?]( |$)/.test(line))),
          stderr: joined(lines.filter((line) => /^!( |$)/.test(line)).map((line) => line.slice(2))),
          code: Number(lines.find((line) => line.startsWith('? '))?.slice(2) ?? 0),
        },
      };
    });
}

/** Runs the command of a transcript on the engine of the tests. */
export function replay(command: string): Promise<CliResult> {
  const [line = '', stdin] = command.split(' <<< ');
  return runCli(words(line).slice(1), {
    engine: fakeEngine().engine,
    ...(stdin !== undefined && { stdin: `${stdin}\n` }),
  });
}

/** A command and its result as they stand in a transcript. */
export function written(command: string, { stdout, stderr, code }: CliResult): string {
  const plain = stdout === '' || stdout.endsWith('\n') ? stdout : `${stdout}\\\n`;
  const errors = stderr.replace(/\n$/, '');
  const lines = errors === '' ? '' : `${errors.replaceAll(/^/gm, '! ')}\n`;
  return `$ ${command}\n${plain}${lines}${code === 0 ? '' : `? ${code}\n`}`;
}

function joined(lines: readonly string[]): string {
  const text = lines.map((line) => `${line}\n`).join('');
  return text.endsWith('\\\n') ? text.slice(0, -2) : text;
}

/** Splits a command line at blanks, with the quotes of a shell. */
export function words(line: string): string[] {
  const found = line.match(/(?:[^\s'"]|'[^']*'|"(?:[^"\\]|\\.)*")+/g) ?? [];
  return found.map((word) =>
    word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"/g, (_, single?: string, double?: string) =>
      single ?? (double ?? '').replace(/\\(["\\$`])/g, '$1'),
    ),
  );
}
