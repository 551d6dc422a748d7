import { breather } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';
import type { Explanation, ExplainOptions, LayerStep } from '../understand-types.ts';
import { adviceOn, largestPlace } from './advice.ts';
import { FileTree } from '../../layer/file-tree.ts';
import { HiddenBytes } from './hidden-bytes.ts';
import { tagsOf } from './tags.ts';
import { pathText } from './path-text.ts';
import { type ImageWithSteps, wholeImage } from './steps.ts';
import { visibleFiles } from './visible-files.ts';

/** What understanding an image needs. */
export interface UnderstandParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
}

const TOP = 10;

/**
 * Where the bytes of an image are, which of them no container sees, and what to change. Reads
 * the file tables of its layers and nothing of what is in them. Throws ImageNotFoundError,
 * AmbiguousImageError, PlatformNotFoundError.
 */
export async function explainImage(
  { store, snapshotter }: UnderstandParts,
  name: string,
  options: ExplainOptions = {},
): Promise<Explanation> {
  const { platform, top = TOP } = options;
  const found = wholeImage(store, name, platform);
  const { image } = found;
  const hidden = new HiddenBytes(top);
  const tree = await stackTree(snapshotter, found, options, hidden);
  const steps = layerSteps(found);
  const groups = hidden.groups();
  const layers = steps.map((step, at) => ({
    ...step,
    entries: found.layers[at]?.entries ?? 0,
    hidden: sum(groups.filter(({ layer }) => layer === at).map(({ bytes }) => bytes)),
  }));
  const seen = visibleFiles(tree, top);
  const wasted = sum(groups.map(({ bytes }) => bytes));
  const size = seen.bytes + wasted;
  const leftovers = [...seen.leftovers].sort((a, b) => b.bytes - a.bytes || a.layer - b.layer);
  const copies = [...seen.duplicates].sort(
    (a, b) => spare(b) - spare(a) || (a.digest < b.digest ? -1 : 1),
  );
  const listed = copies.slice(0, top);
  return {
    id: image.id,
    tags: store.read((tables) => tagsOf(tables, image.id)),
    platform: image.platform,
    size,
    visible: seen.bytes,
    wasted,
    score: size === 0 ? 1 : seen.bytes / size,
    layers,
    directories: seen.directories,
    waste: groups.map(({ kind, bytes, files, layer, source, by, paths }) => ({
      kind,
      bytes,
      files,
      layer: layer + 1,
      source: source + 1,
      by: by + 1,
      paths: paths.list(),
    })),
    leftovers: leftovers.map((group) => ({
      kind: group.rule.kind,
      what: group.rule.what,
      bytes: group.bytes,
      files: group.files,
      layer: group.layer + 1,
      path: pathText(largestPlace(group)),
      directories: group.places.size,
    })),
    duplicates: listed.map((group) => ({
      digest: group.digest,
      size: group.size,
      bytes: spare(group),
      count: group.count,
      paths: group.paths.map(pathText),
    })),
    duplicated: sum(copies.map(spare)),
    advice: adviceOn({ layers, hidden: groups, leftovers, duplicates: listed }),
  };
}

/** The tree of an image's layers; `hidden` is told what they hide of each other. */
export async function stackTree(
  snapshotter: Snapshotter,
  { layers }: Pick<ImageWithSteps, 'layers'>,
  { signal }: CallOptions,
  hidden?: HiddenBytes,
): Promise<FileTree> {
  const tree = new FileTree(hidden && ((change) => hidden.note(change)));
  const pause = breather();
  for (const { diffId } of layers) {
    signal?.throwIfAborted();
    tree.add(snapshotter.files(diffId));
    hidden?.endLayer();
    await pause();
  }
  return tree;
}

/** The steps that made layers, bottom first. */
export function layerSteps({ layers, steps }: ImageWithSteps): LayerStep[] {
  const makers = steps.filter(({ layer }) => layer !== undefined);
  return layers.map(({ diffId, contentSize }, at) => {
    const { createdBy = '', comment = '', origin, inherited = false } = makers[at] ?? {};
    return {
      number: at + 1,
      diffId: diffId as string as Digest,
      createdBy: createdBy || comment,
      ...(origin && { origin }),
      inherited,
      size: contentSize,
    };
  });
}

function spare({ count, size }: { readonly count: number; readonly size: number }): number {
  return (count - 1) * size;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
