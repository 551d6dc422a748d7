import type {
  Comparison,
  FileDifference,
  FileFacts,
  LayerStep,
  SettingDifference,
} from '../engine/understand-types.ts';
import { modeText, ownerText } from './file-text.ts';
import type { Output } from './output.ts';
import { instructionText, layerPlace, pathLine } from './origin-text.ts';
import { alignTabs } from './table.ts';
import { ellipsis, humanSize } from './units.ts';

const INSTRUCTION_WIDTH = 60;
const TIGHT = { padding: 2, narrowest: 0 };
/** Docker's letters. */
export const LETTERS: Readonly<Record<FileDifference['change'], string>> = {
  added: 'A',
  changed: 'C',
  deleted: 'D',
};

/** Writes a comparison for people: nothing where nothing differs. */
export function writeComparison({ stdout }: { readonly stdout: Output }, found: Comparison): void {
  section(stdout, 'Config', found.config.map(settingRow));
  section(
    stdout,
    'Steps',
    found.steps.map(({ createdBy, before, after }) => [
      before && after ? 'C' : after ? 'A' : 'D',
      sizes(before?.size, after?.size),
      layerPlace(after ?? before ?? NOWHERE),
      ellipsis(instructionText(createdBy), INSTRUCTION_WIDTH),
    ]),
  );
  section(
    stdout,
    'Packages',
    found.packages.map(({ name, before, after }) => [
      before === undefined ? 'A' : after === undefined ? 'D' : 'C',
      name,
      [before, after].filter((one) => one !== undefined).join(' → '),
    ]),
  );
  if (found.files.length === 0) return;
  section(stdout, `Files: ${tally(found.files)}`, []);
  stdout.write(
    found.files
      .map((file) => `${LETTERS[file.change]} ${pathLine(file.path)}${detail(file)}\n`)
      .join(''),
  );
}

const NOWHERE: Pick<LayerStep, 'origin' | 'inherited'> = { inherited: false };

function section(stdout: Output, title: string, rows: readonly (readonly string[])[]): void {
  if (rows.length === 0 && !title.includes(':')) return;
  stdout.line(title);
  stdout.write(alignTabs(rows.map((cells) => `  ${cells.join('\t')}\n`).join(''), TIGHT));
}

function settingRow({ key, before, after }: SettingDifference): string[] {
  const letter = before === undefined ? 'A' : after === undefined ? 'D' : 'C';
  const values = [before, after].filter((one) => one !== undefined);
  return [letter, pathLine(key), values.map((one) => JSON.stringify(one)).join(' → ')];
}

function sizes(before: number | undefined, after: number | undefined): string {
  const texts = [before, after].flatMap((one) => (one === undefined ? [] : [humanSize(one)]));
  return [...new Set(texts)].join(' → ');
}

/** `3 added, 2 changed, 1 deleted; 12kB → 15kB`: the sizes of what differs. */
function tally(files: readonly FileDifference[]): string {
  const counts = (['added', 'changed', 'deleted'] as const).flatMap((change) => {
    const count = files.filter((one) => one.change === change).length;
    return count > 0 ? [`${count} ${change}`] : [];
  });
  const sum = (side: 'before' | 'after'): number =>
    files.reduce((bytes, one) => bytes + (one[side]?.size ?? 0), 0);
  return `${counts.join(', ')}; ${humanSize(sum('before'))} → ${humanSize(sum('after'))}`;
}

function detail({ aspects, before, after }: FileDifference): string {
  if (!before || !after) {
    const facts = before ?? after;
    return facts?.type === 'file' ? `  (${humanSize(facts.size)})` : '';
  }
  const said = aspects.map((aspect) => {
    const [was, is] = [wordFor(before, aspect), wordFor(after, aspect)];
    return was === is ? aspect : `${aspect} ${was} → ${is}`;
  });
  return `  (${said.join(', ')})`;
}

function wordFor(facts: FileFacts, aspect: FileDifference['aspects'][number]): string {
  switch (aspect) {
    case 'type':
      return facts.type;
    case 'content':
      return humanSize(facts.size);
    case 'mode':
      return modeText(facts);
    case 'owner':
      return ownerText(facts);
    case 'target':
      return pathLine(facts.target ?? '');
    case 'device':
      return facts.device ?? '';
    case 'xattrs':
      return '';
  }
}
