import { InvalidInputError } from '../../base/errors.ts';
import { breather } from '../../base/limit.ts';
import { PatternError } from '../../dockerfile/errors.ts';
import { hasWildcards } from '../../dockerfile/match.ts';
import { type PathPattern, pathPattern } from '../../dockerfile/ignore-pattern.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import type {
  Blame,
  BlamedPath,
  BlameOptions,
  FileFacts,
  FileVersion,
  LayerStep,
} from '../understand-types.ts';
import { PathNotFoundError } from '../errors.ts';
import { layerSteps, type UnderstandParts } from './explain.ts';
import { differences, factsOf } from './facts.ts';
import { type Change, FileTree, latin1, plain } from '../../layer/file-tree.ts';
import { pathBytes, pathText } from './path-text.ts';
import { wholeImage } from './steps.ts';

/** Other places of a name that is not where it was looked for: so many are told. */
const NEAR = 3;

/**
 * Which layers made the names that `operands` stand for: paths from the root, with or without a
 * slash in front, or patterns with `*`, `?`, `[…]` and `**` where nothing is called so. A
 * directory stands for all that is, or was, below it. Links in the directories of a path are followed inside the image. Throws
 * PathNotFoundError, ImageNotFoundError, AmbiguousImageError, PlatformNotFoundError.
 */
export async function blameImage(
  { store, snapshotter }: UnderstandParts,
  name: string,
  operands: readonly string[],
  options: BlameOptions = {},
): Promise<Blame> {
  const found = wholeImage(store, name, options.platform);
  const ids = found.layers.map(({ diffId }) => diffId);
  const view = snapshotter.view(ids);
  const wanted = operands.map((operand) => wantedBy(operand, view, options.follow === true));
  const recorder = new Recorder(wanted, layerSteps(found));
  const tree = new FileTree((change) => recorder.note(change));
  const pause = breather();
  for (const id of ids) {
    options.signal?.throwIfAborted();
    tree.add(snapshotter.files(id));
    recorder.endLayer();
    await pause();
  }
  const paths = recorder.paths();
  for (const one of wanted) {
    if (one.met) continue;
    throw new PathNotFoundError(one.operand, name, [...one.near].map(pathText));
  }
  return { paths, single: wanted.every(({ single }) => single) };
}

/** What an operand means; paths as trees have them. */
interface Wanted {
  readonly operand: string;
  readonly takes: (path: string) => boolean;
  /** The last name, for telling where else it is; patterns have none. */
  readonly last: string | undefined;
  readonly near: Set<string>;
  single: boolean;
  met: boolean;
}

function wantedBy(operand: string, view: StackView, follow: boolean): Wanted {
  const bytes = pathBytes(operand);
  const asked = plain(latin1(bytes));
  const now = resolved(bytes, view, follow);
  const pattern = now.exists ? undefined : patternOf(asked);
  if (pattern) {
    const takes = (path: string): boolean => pattern.matches(path);
    return { operand, takes, last: undefined, near: new Set(), single: false, met: false };
  }
  const meant = new Set([asked, now.path]);
  // Under the place that links lead to now; and under the path itself, where lower layers may
  // have had a directory.
  const takes = (path: string): boolean =>
    [...meant].some((one) => one === '' || path === one || path.startsWith(`${one}/`));
  const last = asked.slice(asked.lastIndexOf('/') + 1);
  return { operand, takes, last, near: new Set(), single: !now.isDirectory, met: false };
}

/** A path may look like a pattern that is none: `/bin/[` is a program. */
function patternOf(path: string): PathPattern | undefined {
  if (!hasWildcards(path)) return undefined;
  try {
    return pathPattern(path);
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}

/** Where a path leads in the image as it is; the path itself where it leads nowhere. */
function resolved(
  bytes: Buffer,
  view: StackView,
  follow: boolean,
): { readonly path: string; readonly exists: boolean; readonly isDirectory: boolean } {
  try {
    const entry = view.find(bytes, { followLast: follow });
    const path = plain(latin1(entry?.path ?? view.place(bytes).path));
    return { path, exists: entry !== undefined, isDirectory: entry?.kind === 'directory' };
  } catch (error) {
    // A file is in the way now, or links that lead in a circle: what was there before is meant.
    if (!(error instanceof InvalidInputError)) throw error;
    return { path: plain(latin1(bytes)), exists: false, isDirectory: false };
  }
}

/** Puts together what each layer made of each name that is wanted. */
class Recorder {
  readonly #wanted: readonly Wanted[];
  readonly #steps: readonly LayerStep[];
  readonly #versions = new Map<string, FileVersion[]>();
  /** Of the layer at work: what was there before it, and what is there now. */
  readonly #touched = new Map<
    string,
    { before: FileFacts | undefined; after: FileFacts | undefined }
  >();
  #layer = 0;

  constructor(wanted: readonly Wanted[], steps: readonly LayerStep[]) {
    this.#wanted = wanted;
    this.#steps = steps;
  }

  note({ path, before, after }: Change): void {
    let taken = false;
    for (const one of this.#wanted) {
      if (one.takes(path)) taken = one.met = true;
      else if (one.last !== undefined && one.near.size < NEAR && endsIn(path, one.last)) {
        one.near.add(path);
      }
    }
    if (!taken) return;
    const known = this.#touched.get(path);
    const now = after && factsOf(after);
    if (known) known.after = now;
    // A directory that no layer speaks of is as good as none.
    else
      this.#touched.set(path, {
        before: before && before.layer >= 0 ? factsOf(before) : undefined,
        after: now,
      });
  }

  endLayer(): void {
    const step = this.#steps[this.#layer++];
    if (!step) throw new TypeError('a layer without a step');
    for (const [path, { before, after }] of this.#touched) {
      const version = versionOf(step, before, after);
      if (!version) continue;
      const versions = this.#versions.get(path);
      if (versions) versions.push(version);
      else this.#versions.set(path, [version]);
    }
    this.#touched.clear();
  }

  paths(): BlamedPath[] {
    return [...this.#versions]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, versions]) => ({
        path: pathText(path),
        exists: versions.at(-1)?.change !== 'deleted',
        versions,
      }));
  }
}

function versionOf(
  step: LayerStep,
  before: FileFacts | undefined,
  after: FileFacts | undefined,
): FileVersion | undefined {
  if (!before) return after && { step, change: 'added', aspects: [], facts: after };
  if (!after) return { step, change: 'deleted', aspects: [], facts: before };
  const aspects = differences(before, after);
  // Directories are in layers as the way to what is in them.
  if (after.type === 'directory' && aspects.length === 0) return undefined;
  return { step, change: 'changed', aspects, facts: after };
}

function endsIn(path: string, name: string): boolean {
  return path.endsWith(name) && (path.length === name.length || path.at(-name.length - 1) === '/');
}
