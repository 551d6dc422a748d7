import { InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Platform } from '../../oci/platform.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import { PathNotFoundError } from '../errors.ts';
import type {
  Comparison,
  CompareOptions,
  FileDifference,
  TextDifference,
} from '../understand-types.ts';
import { compareConfigs } from './compare-configs.ts';
import { compareSteps } from './compare-steps.ts';
import { compareTrees } from './compare-trees.ts';
import { layerSteps, type UnderstandParts } from './explain.ts';
import { latin1, plain } from '../../layer/file-tree.ts';
import { type Operand, operandOf, treeOf, viewOf } from './operand.ts';
import { comparePackages } from './packages.ts';
import { pathBytes } from './path-text.ts';
import { textDifference } from './text-difference.ts';

/** A larger file is not compared as text. */
const TEXT_LIMIT = 32 * 1024 * 1024;
/** Where package managers keep their lists. */
const PACKAGES = /^\/(?:var\/lib\/dpkg\/status(?:\.d\/|$)|(?:usr\/)?lib\/apk\/db\/installed$)/;

/**
 * In what two images or containers differ. Of files their type, content, mode, owner, target,
 * device and attributes count, not their times. Throws ImageNotFoundError, AmbiguousImageError,
 * PlatformNotFoundError.
 */
export async function compareImages(
  parts: UnderstandParts,
  names: readonly [string, string],
  options: CompareOptions = {},
): Promise<Comparison> {
  const [before, after] = bothOf(parts, names, options);
  const paths = (options.paths ?? []).map((path) => plain(latin1(pathBytes(path))));
  const files = await filesOf(parts, before, after, paths, options);
  const isPart = paths.length > 0;
  const config = isPart ? [] : compareConfigs(before.image.config, after.image.config);
  const packages = files.some(({ path }) => !isPart && PACKAGES.test(path))
    ? comparePackages(viewOf(parts, before), viewOf(parts, after))
    : [];
  return {
    before: before.shown,
    after: after.shown,
    same: files.length === 0 && config.length === 0,
    files,
    config,
    steps: isPart ? [] : compareSteps(layerSteps(before.image), layerSteps(after.image)),
    packages,
  };
}

/**
 * One file of two images or containers as a unified diff; links are followed inside of each.
 * Throws PathNotFoundError when neither has it, InvalidInputError when it is no file or too large.
 */
export async function compareFile(
  parts: UnderstandParts,
  names: readonly [string, string],
  path: string,
  options: CallOptions & { readonly platform?: Platform } = {},
): Promise<TextDifference> {
  const operands = bothOf(parts, names, options);
  const [before, after] = operands.map((operand) => contentOf(viewOf(parts, operand), path));
  if (!before && !after) throw new PathNotFoundError(path, names.join(' and '), []);
  const shown = `/${path.replace(/^\/+/, '')}`;
  const [one, two] = names;
  const sides = { before: `${one}${shown}`, after: `${two}${shown}` };
  return { path: shown, text: textDifference(before, after, sides) };
}

function bothOf(
  { store }: UnderstandParts,
  [before, after]: readonly [string, string],
  { platform }: { readonly platform?: Platform },
): readonly [Operand, Operand] {
  return [operandOf(store, before, platform), operandOf(store, after, platform)];
}

async function filesOf(
  parts: UnderstandParts,
  before: Operand,
  after: Operand,
  paths: readonly string[],
  options: CompareOptions,
): Promise<FileDifference[]> {
  const isImages = before.upper === undefined && after.upper === undefined;
  if (isImages && before.image.image.chain === after.image.image.chain) return [];
  return compareTrees(
    await treeOf(parts, before, options),
    await treeOf(parts, after, options),
    paths,
  );
}

function contentOf(view: StackView, path: string): Buffer | undefined {
  const bytes = pathBytes(path);
  const entry = view.find(bytes);
  if (!entry) return undefined;
  if (entry.kind !== 'file') throw new InvalidInputError(`${path} is no file`);
  return view.read(bytes, TEXT_LIMIT);
}
