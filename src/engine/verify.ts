import { basename } from 'node:path';
import type { CallOptions } from '../base/progress.ts';
import { compareLayers } from '../build/verify/compare-layers.ts';
import type { DiffId } from '../oci/digest.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import { parseConfig } from '../oci/parse-config.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Store } from '../store/store.ts';
import type { ImageRow } from '../store/tables.ts';
import type { BuildRequest, BuildResult } from './build-types.ts';
import { findImage } from './images/find.ts';
import { removeImage } from './images/remove.ts';
import type { DifferentLayer, Verification } from './verify-types.ts';

/** What verifying works with. */
interface VerifyParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  readonly build: (request: BuildRequest, call: CallOptions) => Promise<BuildResult>;
}

/** Members of a config that say when something was made. */
const TIMES = new Set(['created', 'history']);

/**
 * Builds an image again without any cache and compares what comes out with it, file by file.
 * Nothing of the second build is kept. Throws ImageNotFoundError, BuildError.
 */
export async function verifyImage(
  name: string,
  request: BuildRequest,
  parts: VerifyParts,
  call: CallOptions,
): Promise<Verification> {
  const { store } = parts;
  const image = findImage(store, name);
  const { tags: _tags, cache: _cache, ...rest } = request;
  const known = new Set(store.read(({ images }) => images.list()).map(({ id }) => id));
  const built = await parts.build({ ...rest, noCache: true, forget: true }, call);
  try {
    if (built.id === image.id) return same(image);
    const rebuilt = findImage(store, built.id);
    return await compare(image, rebuilt, parts, call);
  } finally {
    if (!known.has(built.id)) await removeImage(store, built.id);
  }
}

function same({ id }: ImageRow): Verification {
  return { identical: true, image: id, rebuilt: id, layers: [], config: [], onlyTimes: false };
}

async function compare(
  image: ImageRow,
  rebuilt: ImageRow,
  { store, snapshotter }: VerifyParts,
  call: CallOptions,
): Promise<Verification> {
  const configOf = ({ id }: ImageRow): ImageConfig => parseConfig(store.blobs.readSync(id));
  const [before, now] = [configOf(image), configOf(rebuilt)];
  const [old, fresh] = [layersOf(store, image), layersOf(store, rebuilt)];
  const { chain } = rebuilt;
  const origins = chain === undefined ? [] : store.read((tables) => tables.layers.origins(chain));
  const layers: DifferentLayer[] = [];
  for (const [index, layer] of fresh.entries()) {
    const was = old[index];
    if (was === undefined || was === layer) continue;
    const origin = origins[index];
    const instruction = origin?.instruction ?? instructionOf(now, index);
    const { files, counts } = await compareLayers(snapshotter, was, layer, instruction, call);
    const place =
      origin?.file === undefined ? undefined : `${basename(origin.file)}:${origin.firstLine ?? 0}`;
    layers.push({
      number: index + 1,
      instruction,
      ...(place !== undefined && { place }),
      files,
      kinds: counts,
    });
  }
  const config = configDifferences(before, now);
  const counts = old.length !== fresh.length;
  return {
    identical: false,
    image: image.id,
    rebuilt: rebuilt.id,
    layers,
    config,
    ...(counts && { counts: { image: old.length, rebuilt: fresh.length } }),
    onlyTimes:
      !counts &&
      config.every((name) => TIMES.has(name)) &&
      layers.every(({ kinds }) => Object.keys(kinds).every((kind) => kind === 'time')),
  };
}

function layersOf(store: Store, { chain }: ImageRow): readonly DiffId[] {
  if (chain === undefined) return [];
  const layers = store.read((tables) => tables.layers.stack(chain));
  return (layers ?? []).map(({ diffId }) => diffId);
}

/** The history's text of the layer at an index. */
function instructionOf({ history = [] }: ImageConfig, index: number): string {
  return history.filter((step) => step.empty_layer !== true)[index]?.created_by ?? '';
}

/** Members that differ, apart from the layers' names; of the history only what is not its times. */
function configDifferences(a: ImageConfig, b: ImageConfig): string[] {
  const flat = (config: ImageConfig): Map<string, string> => {
    const { rootfs: _rootfs, config: inner = {}, history = [], ...rest } = config;
    const texts = history.map(({ created: _created, ...step }) => step);
    const times = history.map(({ created }) => created);
    return new Map<string, string>([
      ...Object.entries(rest).map(([key, value]) => [key, JSON.stringify(value)] as const),
      ...Object.entries(inner).map(
        ([key, value]) => [`config.${key}`, JSON.stringify(value)] as const,
      ),
      ['history', JSON.stringify(times)],
      ['steps', JSON.stringify(texts)],
    ]);
  };
  const [x, y] = [flat(a), flat(b)];
  return [...new Set([...x.keys(), ...y.keys()])].filter((key) => x.get(key) !== y.get(key)).sort();
}
