import { COMMANDS, GROUPS, type CommandEntry } from './command-index.ts';
import { groupMembers } from './find-command.ts';
import type { Command } from './command.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';
import { pageOf, type OptionRow } from './manual/page.ts';

const WIDTH = 80;

/** The page of one command: summary, usage, aliases, examples, options. */
export function commandHelp(entry: CommandEntry, typed: string, command: Command): string {
  const { summary, text, aliases, examples, options, exits } = pageOf(entry, command);
  return page([
    wrap(summary, '').join('\n'),
    usageLines(typed, command),
    ...text.map((paragraph) => wrap(paragraph, '').join('\n')),
    aliases.length === 0
      ? undefined
      : section('Aliases', wrapWhole([entry.name, ...aliases].map((name) => `stave ${name}`))),
    section(
      'Examples',
      examples.flatMap(([what, line]) => [`  # ${what}`, ...wrapTyped(line)]),
    ),
    options.length === 0 ? undefined : section('Options', optionLines(options)),
    exits.length === 0 ? undefined : section('Exit codes', columns(exits)),
  ]);
}

/** The page of a group: `stave image`. */
export function groupHelp(group: string): string {
  const members = groupMembers(group).map(([word, entry]) => [word, entry.summary] as const);
  return page([
    GROUPS[group] ?? '',
    `Usage:  stave ${group} COMMAND`,
    section('Commands', columns(members)),
    `Run 'stave ${group} COMMAND --help' for more information on a command.`,
  ]);
}

/** The page of `stave` itself. */
export function rootHelp(): string {
  const common = COMMANDS.flatMap((entry) =>
    entry.common === undefined ? [] : [[entry.common, entry.summary] as const],
  );
  const others = COMMANDS.flatMap((entry) => {
    const short = [...entry.aliases, entry.name].find((name) => !name.includes(' '));
    return short === undefined || entry.common !== undefined
      ? []
      : [[short, entry.summary] as const];
  }).sort(([a], [b]) => (a < b ? -1 : 1));
  return page([
    'Container images, whole, without a daemon',
    'Usage:  stave [OPTIONS] COMMAND',
    section('Common Commands', columns(common)),
    section(
      'Management Commands',
      columns(Object.entries(GROUPS).filter(([name]) => !name.includes(' '))),
    ),
    section('Commands', columns(others)),
    section('Global Options', optionLines(GLOBAL_FLAGS)),
    "Run 'stave COMMAND --help' for more information on a command.",
  ]);
}

/** `Usage:  stave image ls [OPTIONS] …`; broken where it is too long for a line. */
function usageLines(typed: string, command: Command): string {
  return wrap(`stave ${typed} ${command.usage}`.trimEnd(), '        ')
    .join('\n')
    .replace('        ', 'Usage:  ');
}

function optionLines(rows: readonly OptionRow[]): string[] {
  return columns(rows.map((row) => [optionName(row), row.summary]));
}

function optionName({ short, long, valueName }: OptionRow): string {
  const before = short === undefined ? '    ' : `-${short}, `;
  return `${before}--${long}${valueName === '' ? '' : ` ${valueName}`}`;
}

function page(parts: readonly (string | undefined)[]): string {
  return `${parts.filter((part) => part !== undefined).join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[]): string {
  return [`${title}:`, ...lines].join('\n');
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const left = Math.max(...rows.map(([name]) => name.length)) + 5;
  return rows.flatMap(([name, text]) => {
    const [first = '', ...more] = wrap(text, ' '.repeat(left));
    return [`  ${name.padEnd(left - 2)}${first.trimStart()}`, ...more];
  });
}

/** The names with commas between them, none of them broken over two lines. */
function wrapWhole(names: readonly string[]): string[] {
  const glued = names.map((name) => name.replaceAll(' ', '\u00a0')).join(', ');
  return wrap(glued, '  ').map((line) => line.replaceAll('\u00a0', ' '));
}

/** A line to type; too long a one goes on in the next, as a shell takes it. */
function wrapTyped(text: string): string[] {
  const words = text.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? [];
  const lines: string[] = [];
  let line = ' ';
  for (const word of words) {
    if (line.length + 1 + word.length > WIDTH - 2 && line.trim() !== '') {
      lines.push(`${line} \\`);
      line = '   ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

/** Lines of at most 80 columns, each beginning with `indent`. */
function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    const glued = line === indent ? line + word : `${line} ${word}`;
    if (glued.length > WIDTH && line !== indent) {
      lines.push(line);
      line = indent + word;
    } else line = glued;
  }
  return [...lines, line];
}
