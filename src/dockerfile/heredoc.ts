import type { Heredoc } from './ast.ts';
import { InstructionValueError } from './errors.ts';
import { type Cursor, readLine } from './lines.ts';
import { shellWords } from './expand.ts';

const OPENING = /^(\d*)<<(-?)\s*([^<]*)$/;

/** What a word such as `<<-EOF` announces. */
export interface HeredocOpening {
  readonly name: string;
  readonly expand: boolean;
  readonly chomp: boolean;
  readonly fd: number;
}

/** The heredocs that a line opens, in order. A line whose quotes do not match opens none. */
export function heredocOpenings(line: string): HeredocOpening[] {
  if (!line.includes('<<')) return [];
  const words = shellWords(line, { quotes: true, escapes: true }) ?? [];
  return words.flatMap((word) => heredocOpening(word) ?? []);
}

/** Reads one word as the start of a heredoc; `undefined` when it is none. */
export function heredocOpening(word: string): HeredocOpening | undefined {
  if (!word.includes('<<')) return undefined;
  const match = OPENING.exec(word);
  const delimiter = match?.[3];
  if (!match || !delimiter) return undefined;
  const plain = shellWords(delimiter, { quotes: false, escapes: false });
  const quoted = shellWords(delimiter, { quotes: true, escapes: false });
  const [name, ...more] = plain ?? [];
  if (name === undefined || more.length > 0) return undefined;
  return {
    name,
    expand: quotes(name) === quotes(quoted?.[0] ?? ''),
    chomp: match[2] === '-',
    fd: Number(match[1]),
  };
}

/** Reads the body of a heredoc. Throws {@link InstructionValueError} when its terminator is missing. */
export function readHeredoc(cursor: Cursor, opening: HeredocOpening): Heredoc {
  const lines: string[] = [];
  const first = cursor.line + 1;
  for (let line = readLine(cursor); line; line = readLine(cursor)) {
    if ((opening.chomp ? withoutTabs(line.text) : line.text) === opening.name) {
      const body = lines.join('');
      return {
        ...opening,
        body,
        content: opening.chomp ? lines.map(withoutTabs).join('') : body,
        span: {
          start: { line: first, column: 1 },
          end: { line: line.number, column: line.text.length + 1 },
        },
      };
    }
    lines.push(line.raw);
  }
  throw new InstructionValueError('unterminated heredoc');
}

function withoutTabs(line: string): string {
  let at = 0;
  while (line[at] === '\t') at += 1;
  return line.slice(at);
}

function quotes(text: string): number {
  let count = 0;
  for (const character of text) if (character === "'" || character === '"') count += 1;
  return count;
}
