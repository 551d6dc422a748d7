import { GLOBAL_FLAGS } from '../global-flags.ts';
import type { OptionRow, Page } from './page.ts';
import { ABOUT, USUAL_EXITS, VARIABLES } from './stave.ts';

/** What a manual page says at its foot. */
export interface Imprint {
  /** Of stave. */
  readonly version: string;
  /** `2026-11-21`. */
  readonly date: string;
}

/** File names and texts of all manual pages (section 1), in the language of man(7). */
export function manPages(pages: readonly Page[], imprint: Imprint): Map<string, string> {
  return new Map([
    ['stave.1', rootPage(pages, imprint)],
    ...pages.map((page) => [`${fileName(page.name)}.1`, manPage(page, pages, imprint)] as const),
  ]);
}

/** `stave-image-ls`. */
export function fileName(command: string): string {
  return `stave-${command.replaceAll(' ', '-')}`;
}

function rootPage(pages: readonly Page[], imprint: Imprint): string {
  return [
    title('stave', imprint),
    '.SH NAME',
    'stave \\- container images, whole, without a daemon',
    '.SH SYNOPSIS',
    '.B stave',
    '[OPTIONS] COMMAND [ARGUMENT...]',
    '.SH DESCRIPTION',
    ...paragraphs(ABOUT),
    '.SH OPTIONS',
    ...options(GLOBAL_FLAGS),
    '.SH COMMANDS',
    ...pages.flatMap(({ name, summary }) => [
      '.TP',
      `.BR ${roff(fileName(name))} (1)`,
      text(summary),
    ]),
    '.SH ENVIRONMENT',
    ...tagged(VARIABLES),
    '.SH EXIT STATUS',
    ...tagged(USUAL_EXITS),
    '',
  ].join('\n');
}

function manPage(page: Page, pages: readonly Page[], imprint: Imprint): string {
  const names = [page.name, ...page.aliases];
  const [group] = page.name.split(' ');
  const siblings = pages.filter(
    ({ name }) => name !== page.name && name.includes(' ') && name.split(' ')[0] === group,
  );
  const alone = !page.name.includes(' ');
  return [
    title(fileName(page.name), imprint),
    '.SH NAME',
    `${names.map((name) => roff(fileName(name))).join(', ')} \\- ${lower(text(page.summary))}`,
    '.SH SYNOPSIS',
    ...names.flatMap((name, at) => [
      ...(at === 0 ? [] : ['.br']),
      `.B ${roff(`stave ${name}`)}`,
      text(page.usage),
    ]),
    ...(page.text.length === 0 ? [] : ['.SH DESCRIPTION', ...paragraphs(page.text)]),
    ...(page.options.length === 0 ? [] : ['.SH OPTIONS', ...options(page.options)]),
    ...(page.exits.length === 0 ? [] : ['.SH EXIT STATUS', ...tagged(page.exits)]),
    '.SH EXAMPLES',
    ...page.examples.flatMap(([what, line], at) => [
      ...(at === 0 ? [] : ['.PP']),
      text(`${what}:`),
      '.PP',
      '.nf',
      '.RS',
      text(line),
      '.RE',
      '.fi',
    ]),
    '.SH SEE ALSO',
    ['stave', ...(alone ? [] : siblings.map(({ name }) => fileName(name)))]
      .map((name) => `.BR ${roff(name)} (1)`)
      .join(' ,\n'),
    '',
  ].join('\n');
}

function title(name: string, { version, date }: Imprint): string {
  // Names that are broken at their hyphens could not be copied.
  return `.TH "${roff(name.toUpperCase())}" 1 ${date} "stave ${version}"\n.nh`;
}

function options(rows: readonly OptionRow[]): string[] {
  return rows.flatMap(({ short, long, valueName, summary }) => {
    const names = [...(short === undefined ? [] : [`-${short}`]), `--${long}`];
    const bold = names.map((name) => `\\fB${roff(name)}\\fR`).join(', ');
    const value = valueName === '' ? '' : ` \\fI${roff(valueName)}\\fR`;
    return ['.TP', `${bold}${value}`, text(summary)];
  });
}

function tagged(rows: readonly (readonly [string, string])[]): string[] {
  return rows.flatMap(([tag, meaning]) => ['.TP', `.B ${roff(tag)}`, text(meaning)]);
}

function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((one, at) => [...(at === 0 ? [] : ['.PP']), text(one)]);
}

/** A line of text: a dot or a quote at its beginning would make it a request. */
function text(line: string): string {
  return roff(line).replace(/^[.']/, '\\&$&');
}

/** Escapes what the formatter would change: a hyphen that is typed must not become another dash. */
function roff(line: string): string {
  return line
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('"', '\\(dq')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replace(/[^\0-\x7f]/gu, (mark) => {
      const code = mark.codePointAt(0) ?? 0;
      return `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`;
    });
}

function lower(line: string): string {
  return line.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
