import { COMMANDS, GROUPS } from '../command-index.ts';
import { findCommand } from '../find-command.ts';
import type { Command } from '../command.ts';
import { GLOBAL_FLAGS } from '../global-flags.ts';
import { DIRECTORIES, NOTHING, type Candidate, type Completion } from './candidates.ts';
import type { Sources } from './sources.ts';
import { typedLine } from './typed-line.ts';
import { behind, flagValues, valuesOf, type Asking } from './value-candidates.ts';
import { operandKind } from './values.ts';

/**
 * What may stand where the cursor is. `words` are those before it without the program's name,
 * `current` is what is typed of the one it is in. `sources` is given the store that the words ask
 * for. Candidates begin with `current`, are sorted and none comes twice.
 */
export async function complete(
  words: readonly string[],
  current: string,
  sources: (root: string | undefined) => Sources,
): Promise<Completion> {
  const { root, isOpen, rest } = globalWords(words);
  if (isOpen || (rest.length === 0 && current.startsWith('--root='))) return DIRECTORIES;
  const isHelp = rest[0] === 'help';
  const path = isHelp ? rest.slice(1) : rest;
  const found = findCommand(path);
  const completion = found
    ? isHelp
      ? NOTHING
      : await inCommand(found.entry.name, await found.entry.load(), {
          words: path.slice(found.length),
          current,
          sources: sources(root),
        })
    : commandWords(path, current, isHelp);
  return { kind: completion.kind, candidates: chosen(completion.candidates, current) };
}

function globalWords(words: readonly string[]): {
  readonly root: string | undefined;
  readonly isOpen: boolean;
  readonly rest: readonly string[];
} {
  let root: string | undefined;
  let at = 0;
  for (; words[at]?.startsWith('-') === true; at++) {
    const word = words[at] ?? '';
    if (word.startsWith('--root=')) root = word.slice('--root='.length);
    else if (word === '--root') {
      root = words[++at];
      if (root === undefined) return { root, isOpen: true, rest: [] };
    }
  }
  return { root, isOpen: false, rest: words.slice(at) };
}

/** The next word of a command's name. */
function commandWords(path: readonly string[], current: string, isHelp: boolean): Completion {
  const candidates = new Map<string, string>();
  const before = path.map((word) => `${word} `).join('');
  if (path.length === 0 && !isHelp) {
    if (current.startsWith('-')) {
      const flags = GLOBAL_FLAGS.map(({ long, summary }) => ({
        word: `--${long}`,
        about: summary,
      }));
      return { kind: 'words', candidates: flags };
    }
    candidates.set('help', 'Show help');
  }
  for (const { name, aliases, summary } of COMMANDS) {
    const spellings = [name, ...aliases].filter((one) => one.startsWith(before));
    // In a group one name of each is enough: `ls`, not `list`.
    for (const spelled of path.length === 0 ? spellings : spellings.slice(0, 1)) {
      const [word = '', ...more] = spelled.slice(before.length).split(' ');
      const about = more.length === 0 ? summary : (GROUPS[before + word] ?? '');
      if (!candidates.has(word)) candidates.set(word, about);
    }
  }
  return { kind: 'words', candidates: [...candidates].map(([word, about]) => ({ word, about })) };
}

async function inCommand(
  name: string,
  command: Command,
  {
    words,
    current,
    sources,
  }: {
    readonly words: readonly string[];
    readonly current: string;
    readonly sources: Sources;
  },
): Promise<Completion> {
  const line = typedLine(words, command);
  const asking: Asking = { command: name, line, current, sources };
  const valuesFor = async (flag: string, typed: string): Promise<Completion> => {
    const found = Object.hasOwn(command.flags, flag) ? command.flags[flag] : undefined;
    return found ? await flagValues(flag, found, { ...asking, current: typed }) : NOTHING;
  };
  if (line.open !== undefined) return await valuesFor(line.open, current);
  if (current.startsWith('-') && !line.isOver) {
    const [, flag, typed] = /^--([^=]+)=(.*)$/s.exec(current) ?? [];
    if (flag === undefined) return { kind: 'words', candidates: flagsOf(command) };
    return behind(`--${flag}=`, await valuesFor(flag, typed ?? ''));
  }
  if (line.operands.length >= command.operands[1]) return NOTHING;
  // The command inside a container, and its arguments, are not ours to know.
  if (line.isOver && command.stopAtOperand === true && line.operands.length > 0) {
    return { kind: 'files', candidates: [] };
  }
  const found = await valuesOf(operandKind(command.usage, line.operands.length), asking);
  const typed = new Set(line.operands);
  return { ...found, candidates: found.candidates.filter(({ word }) => !typed.has(word)) };
}

function flagsOf({ flags }: Command): Candidate[] {
  const known = Object.entries(flags).filter(([, { refusal }]) => refusal === undefined);
  return [
    ...known.map(([long, { summary }]) => ({ word: `--${long}`, about: summary })),
    { word: '--help', about: 'Show help' },
  ];
}

function chosen(candidates: readonly Candidate[], current: string): Candidate[] {
  const unique = new Map(candidates.map((one) => [one.word, one]));
  return [...unique.values()]
    .filter(({ word }) => word.startsWith(current))
    .sort((a, b) => (a.word < b.word ? -1 : 1));
}
