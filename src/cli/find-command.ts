import { COMMANDS, GROUPS, type CommandEntry } from './command-index.ts';

/** What the shells ask. Not for people: neither listed nor completed. */
const COMPLETE: CommandEntry = {
  name: '__complete',
  aliases: [],
  summary: 'Say what may stand at the end of a command line',
  load: async () => (await import('./commands/complete.ts')).completeLine,
};

/** What the monitors of containers call. Not for people either. */
const ENDED: CommandEntry = {
  name: '__ended',
  aliases: [],
  summary: 'Do what is to be done when a container has ended',
  load: async () => (await import('./commands/container-ended.ts')).containerEnded,
};

/** What is started where containers need somebody who stays. */
const TEND: CommandEntry = {
  name: 'tend',
  aliases: [],
  summary: 'Check health, start again and rotate logs as long as containers need it',
  load: async () => (await import('./commands/container-tend.ts')).containerTend,
};

const HIDDEN = [COMPLETE, ENDED, TEND];

/** The command that the words begin with, and how many of them name it. */
export function findCommand(
  words: readonly string[],
): { readonly entry: CommandEntry; readonly typed: string; readonly length: number } | undefined {
  const hidden = HIDDEN.find(({ name }) => name === words[0]);
  if (hidden) return { entry: hidden, typed: hidden.name, length: 1 };
  for (const length of [3, 2, 1]) {
    if (words.length < length) continue;
    const typed = words.slice(0, length).join(' ');
    const entry = COMMANDS.find((one) => one.name === typed || one.aliases.includes(typed));
    if (entry) return { entry, typed, length };
  }
  return undefined;
}

/** The group that the words begin with, the innermost one; undefined when there is none. */
export function findGroup(words: readonly string[]): string | undefined {
  return [words.slice(0, 2).join(' '), words[0] ?? ''].find((name) => Object.hasOwn(GROUPS, name));
}

/** What a group holds: the word after the group's name, and the command. */
export function groupMembers(group: string): readonly (readonly [string, CommandEntry])[] {
  const prefix = `${group} `;
  return COMMANDS.flatMap((entry) => {
    const names = [entry.name, ...entry.aliases].filter((name) => name.startsWith(prefix));
    const [first] = names;
    return first === undefined ? [] : [[first.slice(prefix.length), entry] as const];
  }).sort(([a], [b]) => (a < b ? -1 : 1));
}
