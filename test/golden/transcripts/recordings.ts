import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * recorded/*.txt hold runs of Docker 28.5.2, in the order in which they build on each other. Lines:
 *
 *     = T041 a note        begins the recording of that number; `~` behind it: rows in any order
 *     % command            what has to be done before it, by bash; it must succeed
 *     $ command            what was typed
 *     ! text               a line of stderr
 *     ? 125                the exit code, 0 unless given
 *     | text               a line of stdout that begins like one of these, or is empty at the end
 *     anything else        a line of stdout; `\` at its end: without a line end
 *
 * An empty line ends a recording when the next one follows.
 */

/** What a command said, and how it ended. */
export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** One recorded command of Docker's. */
export interface Recording {
  /** `T041` */
  readonly id: string;
  /** Bash lines that come before it. */
  readonly before: readonly string[];
  readonly command: string;
  readonly said: Said;
  /** Docker gives rows of the same age in random order. */
  readonly anyOrder: boolean;
}

/** All recordings, by file. */
export function recordings(): ReadonlyMap<string, readonly Recording[]> {
  const folder = join(import.meta.dirname, 'recorded');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .sort();
  return new Map(files.map((name) => [name, parse(readFileSync(join(folder, name), 'utf8'))]));
}

function parse(text: string): Recording[] {
  return text
    .split(/^(?== T\d)/m)
    .filter((block) => block.startsWith('= T'))
    .map((block) => {
      const [head = '', ...lines] = block.replace(/\n\n$/, '\n').replace(/\n$/, '').split('\n');
      const [, id = '', tilde] = /^= (T\d{3})(~?)/.exec(head) ?? [];
      const marked = (mark: string): string[] =>
        lines
          .filter((line) => line === mark || line.startsWith(`${mark} `))
          .map((line) => line.slice(2));
      return {
        id,
        before: marked('%'),
        command: marked('$')[0] ?? '',
        said: {
          stdout: joined(
            lines
              .filter((line) => !/^[%$!?](?: |$)/.test(line))
              .map((line) => line.replace(/^\|(?: |$)/, '')),
          ),
          stderr: joined(marked('!')),
          code: Number(marked('?')[0] ?? 0),
        },
        anyOrder: tilde === '~',
      };
    });
}

/** What was said, as lines of a recording. */
export function lines({ stdout, stderr, code }: Said): string[] {
  const out = split(stdout).map((line) => (/^(?:[=$!?%#|] |[=$!?%|]$)/.test(line) ? `| ${line}` : line));
  const errors = split(stderr).map((line) => (line === '' ? '!' : `! ${line}`));
  return [...out, ...errors, ...(code === 0 ? [] : [`? ${code}`])];
}

function split(text: string): string[] {
  if (text === '') return [];
  return text.endsWith('\n') ? text.slice(0, -1).split('\n') : `${text}\\`.split('\n');
}

function joined(all: readonly string[]): string {
  const text = all.map((line) => `${line}\n`).join('');
  return text.endsWith('\\\n') ? text.slice(0, -2) : text;
}
