import { GROUPS } from '../command-index.ts';
import { GLOBAL_FLAGS } from '../global-flags.ts';
import type { OptionRow, Page } from './page.ts';
import { ABOUT, USUAL_EXITS, VARIABLES } from './stave.ts';

const MARK = '<!-- Written by `npm run golden` from the table of commands: change that. -->';
/** The page of commands that are in no group. */
const OTHERS = 'others';

/** File names and texts of the reference: an index, and a page for each group of commands. */
export function referencePages(pages: readonly Page[]): Map<string, string> {
  const groups = Map.groupBy(pages, ({ name }) => groupOf(name));
  return new Map([
    ['README.md', index(groups)],
    ...[...groups].map(([group, members]) => [`${group}.md`, groupPage(group, members)] as const),
  ]);
}

function groupOf(name: string): string {
  const [first = ''] = name.split(' ');
  return name.includes(' ') ? first : OTHERS;
}

function index(groups: ReadonlyMap<string, readonly Page[]>): string {
  return document([
    MARK,
    '# Commands',
    ...ABOUT.map(prose),
    ...[...groups].flatMap(([group, members]) => [
      `## ${headline(group)}`,
      table(
        ['command', 'also', ''],
        members.map(({ name, aliases, summary }) => [
          `[\`${name}\`](${group}.md#${anchor(name)})`,
          aliases.map(code).join(', '),
          prose(summary),
        ]),
      ),
    ]),
    '## Options before the command',
    optionTable(GLOBAL_FLAGS),
    '## Exit codes',
    table(
      ['', ''],
      USUAL_EXITS.map(([tag, meaning]) => [code(tag), prose(meaning)]),
    ),
    '## Environment',
    table(
      ['', ''],
      VARIABLES.map(([tag, meaning]) => [code(tag), prose(meaning)]),
    ),
  ]);
}

function groupPage(group: string, pages: readonly Page[]): string {
  return document([MARK, `# ${headline(group)}`, ...pages.flatMap(section)]);
}

function section({
  name,
  summary,
  usage,
  aliases,
  text,
  examples,
  options,
  exits,
}: Page): string[] {
  return [
    `## stave ${name}`,
    `${prose(summary)}.${aliases.length === 0 ? '' : ` Also ${aliases.map((one) => code(`stave ${one}`)).join(', ')}.`}`,
    fenced([`stave ${name} ${usage}`.trimEnd()]),
    ...text.map(prose),
    fenced(examples.flatMap(([what, line]) => [`# ${what}`, line])),
    ...(options.length === 0 ? [] : [optionTable(options)]),
    ...(exits.length === 0
      ? []
      : [
          table(
            ['exit code', ''],
            exits.map(([tag, meaning]) => [code(tag), prose(meaning)]),
          ),
        ]),
  ];
}

function headline(group: string): string {
  return group === OTHERS ? 'Other commands' : `stave ${group}: ${lower(GROUPS[group] ?? '')}`;
}

function optionTable(rows: readonly OptionRow[]): string {
  return table(
    ['option', ''],
    rows.map(({ short, long, valueName, summary }) => [
      `${short === undefined ? '' : `\`-${short}\`, `}\`--${long}${valueName === '' ? '' : ` ${valueName}`}\``,
      prose(summary),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function fenced(lines: readonly string[]): string {
  return ['```sh', ...lines, '```'].join('\n');
}

function document(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function anchor(name: string): string {
  return `stave-${name.replaceAll(' ', '-')}`;
}

/** Text that says no more than it says. */
function prose(text: string): string {
  return text.replaceAll('<', '&lt;').replaceAll('*', '\\*');
}

function lower(text: string): string {
  return text.replace(/^[A-Z]/, (letter) => letter.toLowerCase());
}
