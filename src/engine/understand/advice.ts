import type { Advice, ExplainedLayer } from '../understand-types.ts';
import type { HiddenGroup } from './hidden-bytes.ts';
import { pathText } from './path-text.ts';
import type { DuplicateGroup, LeftoverGroup } from './visible-files.ts';

/** What there is to give advice on. */
export interface Findings {
  /** Bottom first. */
  readonly layers: readonly ExplainedLayer[];
  readonly hidden: readonly HiddenGroup[];
  readonly leftovers: readonly LeftoverGroup[];
  readonly duplicates: readonly DuplicateGroup[];
}

/** A text for one finding, at the layer whose step it is about. */
interface Said {
  readonly at: ExplainedLayer;
  readonly text: string;
}

/**
 * What to change in an image, largest gain first. Only steps of the image itself are spoken of,
 * not those that came with the image it was made from.
 */
export function adviceOn(findings: Findings): Advice[] {
  const { layers } = findings;
  const advice: Advice[] = [];
  const say = (said: Said | undefined, gain: number): void => {
    if (!said) return;
    const { number, origin } = said.at;
    advice.push({ layer: number, ...(origin && { origin }), text: said.text, gain });
  };
  for (const group of findings.hidden) say(onHidden(group, layers), group.bytes);
  for (const group of findings.leftovers) say(onLeftover(group, layers), group.bytes);
  for (const group of findings.duplicates) {
    const own = group.layers.filter((layer) => layers[layer]?.inherited === false);
    const spare = own.length === group.count ? own.slice(1) : own;
    const at = layers[spare[0] ?? -1];
    if (at) say({ at, text: onCopies(group) }, spare.length * group.size);
  }
  for (const layer of layers) {
    if (layer.entries > 0 || layer.inherited) continue;
    say({ at: layer, text: 'makes a layer without a file: leave it out or merge it' }, 0);
  }
  return advice.sort((a, b) => b.gain - a.gain || (a.layer ?? 0) - (b.layer ?? 0));
}

/** `RUN`, `COPY`, `ADD` …, as the history says it; empty where it does not. */
export function keywordOf(createdBy: string): string {
  const text = createdBy.replace(/^\/bin\/sh -c (?:#\(nop\)\s*)?/, '');
  if (text !== createdBy && !createdBy.includes('#(nop)')) return 'RUN';
  return /^[A-Z]+(?=\s|$)/.exec(text)?.[0] ?? '';
}

/** How a sentence speaks of a step. */
function place({ origin, number }: ExplainedLayer): string {
  const line = origin?.lines[0] ?? 0;
  return line > 0 ? `line ${line}` : `layer ${number}`;
}

function onHidden(group: HiddenGroup, layers: readonly ExplainedLayer[]): Said | undefined {
  const [below, above] = [layers[group.source], layers[group.by]];
  if (!below || !above || above.inherited) return undefined;
  switch (group.kind) {
    case 'metadata':
      return { at: above, text: onCopied(group, below) };
    case 'moved':
    case 'deleted':
      return onDeleted(group, below, above);
    case 'unchanged':
    case 'rewritten':
      return below.inherited ? undefined : { at: above, text: onRewritten(group, below, above) };
  }
}

function onCopied(group: HiddenGroup, below: ExplainedLayer): string {
  const keyword = keywordOf(below.createdBy);
  const { count, their } = words(group);
  const does = (of: string): string =>
    `copies ${count}${of} whole to change ${their} owner or mode`;
  if (below.inherited) return `${does(' of the base image')}: change fewer`;
  if (keyword === 'COPY' || keyword === 'ADD') {
    return `${does('')}: use '${keyword} ${flagsFor(group)}' in ${place(below)} instead`;
  }
  return `${does('')}: do it in the step that makes ${words(group).them}, ${place(below)}`;
}

function onDeleted(group: HiddenGroup, below: ExplainedLayer, above: ExplainedLayer): Said {
  const keyword = keywordOf(below.createdBy);
  const { count, them } = words(group);
  if (group.kind === 'moved' && !below.inherited) {
    const does = keyword === 'COPY' || keyword === 'ADD' ? 'brings' : 'makes';
    const text = `${does} ${count} that ${place(above)} moves: put ${them} there at once`;
    return { at: below, text };
  }
  if (below.inherited) {
    const text = `deletes ${count} of the base image, where the bytes stay: take a smaller base, or end with 'FROM scratch' and 'COPY --from=… / /'`;
    return { at: above, text };
  }
  if (keyword === 'COPY' || keyword === 'ADD') {
    const text = `brings ${count} that ${place(above)} deletes: use 'RUN --mount=type=bind' there, or copy in an earlier stage`;
    return { at: below, text };
  }
  const text = `makes ${count} that ${place(above)} deletes: delete ${them} in the same ${keyword || 'step'}`;
  return { at: below, text };
}

function onRewritten(group: HiddenGroup, below: ExplainedLayer, above: ExplainedLayer): string {
  const { count, them, were } = words(group);
  const what = `writes ${count} of ${place(below)} again`;
  if (group.kind === 'unchanged') return `${what} as ${were}: leave ${them} out`;
  const [before, now] = [keywordOf(below.createdBy), keywordOf(above.createdBy)];
  if (before === 'RUN' && now === 'RUN') return `${what}: make one RUN of both`;
  if (now === 'RUN') return `${what}: change ${them} in an earlier stage and copy the result`;
  return `${what}: leave ${them} out of ${place(below)}`;
}

function words({
  files,
}: HiddenGroup): Readonly<Record<'count' | 'them' | 'their' | 'were', string>> {
  return files === 1
    ? { count: 'a file', them: 'it', their: 'its', were: 'it was' }
    : { count: `${files} files`, them: 'them', their: 'their', were: 'they were' };
}

/** The flags of COPY that give the files what they got later. */
function flagsFor({ owners, modes }: HiddenGroup): string {
  const [owner, ...others] = owners;
  const [mode, ...more] = modes;
  const flags = [
    ...(owner === undefined ? [] : [`--chown=${others.length > 0 ? '…' : owner}`]),
    ...(mode === undefined
      ? []
      : [`--chmod=${more.length > 0 ? '…' : mode.toString(8).padStart(4, '0')}`]),
  ];
  // Only attributes are another.
  return flags.length > 0 ? flags.join(' ') : '…';
}

function onLeftover(group: LeftoverGroup, layers: readonly ExplainedLayer[]): Said | undefined {
  const at = layers[group.layer];
  if (!at || at.inherited) return undefined;
  const keyword = keywordOf(at.createdBy);
  const path = pathText(largestPlace(group));
  const others = group.places.size - 1;
  const more = others > 0 ? ` and ${others} other ${others > 1 ? 'directories' : 'directory'}` : '';
  const what = `leaves ${group.rule.what} in ${path}${more}`;
  if (keyword === '') return { at, text: `${what}: keep them out of what this layer is made of` };
  const isCopy = keyword === 'COPY' || keyword === 'ADD';
  const remedy = (isCopy ? group.rule.copy : group.rule.run).replaceAll('PATH', path);
  return { at, text: `${what}: ${remedy}` };
}

/** The directory that holds most of a group's bytes. */
export function largestPlace({ places }: LeftoverGroup): string {
  const [first] = [...places].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return first?.[0] ?? '';
}

function onCopies({ paths, count }: DuplicateGroup): string {
  const [one = '', two = ''] = paths;
  const more = count > 2 ? ` and ${count - 2} more` : '';
  return `has ${pathText(two)}${more} with the content of ${pathText(one)}: make ${count > 2 ? 'them links' : 'it a link'}`;
}
