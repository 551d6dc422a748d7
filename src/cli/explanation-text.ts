import type { ExplainedLayer, Explanation, Waste, WasteKind } from '../engine/understand-types.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { Output } from './output.ts';
import { instructionText, layerPlace, originText, pathLine } from './origin-text.ts';
import { alignTabs } from './table.ts';
import { ellipsis, humanSize, shortId } from './units.ts';

const INSTRUCTION_WIDTH = 60;
/** What is worth less of an image is not said to people. */
const WORTH = 0.001;
const TIGHT = { padding: 3, narrowest: 0 };
const KINDS: Readonly<Record<WasteKind, string>> = {
  rewritten: 'written again',
  metadata: 'copied for owner or mode',
  unchanged: 'written again unchanged',
  moved: 'moved later',
  deleted: 'deleted later',
};

/** Writes an explanation of what was `asked` for, for people; each list has `top` rows at most. */
export function writeExplanation(
  { stdout }: { readonly stdout: Output },
  explained: Explanation,
  asked: string,
  top: number,
): void {
  const { layers, waste, leftovers, duplicates, duplicated, advice } = explained;
  const telling = advice.filter(({ gain }) => gain === 0 || gain >= explained.size * WORTH);
  stdout.line(headline(explained, asked));
  section(stdout, 'LAYERS, LARGEST FIRST', layerRows(layers), top);
  section(
    stdout,
    'LARGEST DIRECTORIES',
    explained.directories.map(({ path, size }) => [humanSize(size), pathLine(path)]),
    top,
  );
  section(
    stdout,
    `WASTED, AND SEEN BY NO CONTAINER: ${humanSize(explained.wasted)}`,
    waste.map((one) => wasteRow(one, layers)),
    top,
  );
  section(
    stdout,
    `SELDOM NEEDED: ${humanSize(leftovers.reduce((sum, { bytes }) => sum + bytes, 0))}`,
    leftovers.map(({ bytes, what, path, files, layer, directories }) => [
      humanSize(bytes),
      `${what} (${counted(files, 'file')})`,
      place(layers[layer - 1]),
      pathLine(path) + (directories > 1 ? ', …' : ''),
    ]),
    top,
  );
  section(
    stdout,
    `SAME CONTENT AT SEVERAL PATHS: ${humanSize(duplicated)}`,
    duplicates.map(({ bytes, count, paths }) => [
      humanSize(bytes),
      `${count} times`,
      paths.slice(0, 2).map(pathLine).join(', ') + (count > 2 ? ', …' : ''),
    ]),
    top,
  );
  section(
    stdout,
    'WHAT TO CHANGE',
    telling.map(({ gain, layer, origin, text }) => [
      gain > 0 ? `-${humanSize(gain)}` : '',
      origin ? originText(origin) : layer === undefined ? '' : `layer ${layer}`,
      pathLine(text),
    ]),
    top,
  );
}

function headline(explained: Explanation, asked: string): string {
  const { id, tags, platform, size, score, wasted, layers } = explained;
  // The images of an index have no names of their own.
  const isId = id.startsWith(asked) || id.startsWith(`sha256:${asked}`);
  const name = tags[0] ?? (isId ? shortId(id) : asked);
  const more = tags.length > 1 ? ` (and ${counted(tags.length - 1, 'other name')})` : '';
  const facts = [
    formatPlatform(platform),
    `${humanSize(size)} in ${counted(layers.length, 'layer')}`,
    `score ${percent(score)}`,
    `${humanSize(wasted)} wasted`,
  ];
  return `${name}${more}  ${facts.join(', ')}`;
}

/** `98.7%`, never rounded up to what it is not. */
export function percent(share: number): string {
  return `${Math.floor(share * 1000) / 10}%`;
}

function layerRows(layers: readonly ExplainedLayer[]): string[][] {
  return layers
    .toSorted((a, b) => b.size - a.size || a.number - b.number)
    .map((layer) => [
      humanSize(layer.size),
      layer.hidden > 0 ? `${humanSize(layer.hidden)} hidden` : '',
      `layer ${layer.number}`,
      layerPlace(layer),
      ellipsis(instructionText(layer.createdBy), INSTRUCTION_WIDTH),
    ]);
}

function wasteRow(
  { kind, bytes, files, layer, by, paths }: Waste,
  layers: readonly ExplainedLayer[],
): string[] {
  const [first] = paths;
  return [
    humanSize(bytes),
    `${KINDS[kind]} (${counted(files, 'file')})`,
    `${place(layers[layer - 1])} by ${place(layers[by - 1])}`,
    first ? pathLine(first.path) + (files > 1 ? ', …' : '') : '',
  ];
}

function place(layer: ExplainedLayer | undefined): string {
  if (!layer) return '';
  return layer.origin ? layerPlace(layer) : `layer ${layer.number} ${layerPlace(layer)}`.trim();
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function section(
  stdout: Output,
  title: string,
  rows: readonly (readonly string[])[],
  top: number,
): void {
  if (rows.length === 0) return;
  const shown = rows.slice(0, top).map((cells) => `  ${cells.join('\t')}\n`);
  stdout.line('');
  stdout.line(title);
  stdout.write(alignTabs(shown.join(''), TIGHT));
  if (rows.length > shown.length) stdout.line(`  … and ${rows.length - shown.length} more`);
}
