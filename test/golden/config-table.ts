import { expectation, rowsOf } from '../../src/cli/registry/config/shape.ts';
import { CONFIG } from '../../src/cli/registry/config/table.ts';

const BEGIN = '<!-- settings, written by npm run golden -->\n';
const END = '<!-- end of the settings -->\n';

/** A document with the table of settings between its marks. */
export function withConfigTable(document: string): string {
  const [before = '', rest = ''] = document.split(BEGIN);
  const [, after] = rest.split(END);
  if (after === undefined) throw new Error('the marks of the settings are missing');
  return before + BEGIN + table() + END + after;
}

function table(): string {
  const rows = [...rowsOf(CONFIG, true)].map(({ path, shape }) => {
    const { flag, initial, isReloaded = false } = shape as {
      readonly flag?: string;
      readonly initial?: string | number | boolean;
      readonly isReloaded?: boolean;
    };
    const live = isReloaded ? ' ↻' : '';
    const same = flag === undefined ? '' : `\`--${flag}\``;
    const otherwise = initial === undefined ? '' : `\`${initial}\``;
    const about = shape.about.replaceAll('|', '\\|').replace(/, "?[\w.:]+"? by default/, '');
    return `| \`${path}\`${live} | ${about} | ${expectation(shape)} | ${otherwise} | ${same} |\n`;
  });
  return `\n| key | | what | default | flag |\n|---|---|---|---|---|\n${rows.join('')}\n`;
}
