import { type DiffId, type Digest, digestOf } from '../../oci/digest.ts';
import type { History, ImageConfig } from '../../oci/image-config.ts';
import { diffIdsOf, parseConfig } from '../../oci/parse-config.ts';
import type { Platform } from '../../oci/platform.ts';
import { LayerMissingError } from '../../snapshot/errors.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow, LayerRow, OriginRow, Tables } from '../../store/tables.ts';
import { findIn } from '../images/find.ts';
import type { StepOrigin } from '../understand-types.ts';

/** A step of an image's making: an entry of its history, or a layer that no entry speaks of. */
export interface Step {
  /** See {@link HistoryRow.id}. */
  readonly id: Digest | undefined;
  readonly created: Date | undefined;
  readonly createdBy: string;
  readonly comment: string;
  /** Its layer; absent for steps without one. */
  readonly layer?: LayerRow;
  readonly origin?: StepOrigin;
  /** It came with an image that this one was made from, as far as is known. */
  readonly inherited: boolean;
}

/** An image with the steps that made it, oldest first. */
export interface ImageWithSteps {
  readonly image: ImageRow;
  readonly config: ImageConfig;
  /** Bottom first. */
  readonly layers: readonly LayerRow[];
  readonly steps: readonly Step[];
}

/** An image of which this one is a continuation, or the image itself. */
interface Part {
  readonly image: ImageRow;
  readonly history: readonly History[];
}

/** So many images are looked at that might be what this one was made from: the oldest come first. */
const CANDIDATES = 64;

/**
 * An image and how it was made: with the lines of the Dockerfile where it, or an image that it
 * stands on, was built here. Throws ImageNotFoundError, AmbiguousImageError,
 * PlatformNotFoundError.
 */
export function imageSteps(store: Store, name: string, platform?: Platform): ImageWithSteps {
  return store.read((tables) => {
    const { image } = findIn(tables, name, platform);
    return stepsOf(store, tables, image);
  });
}

/**
 * The same for those who look into the layers: all of them are here. Throws LayerMissingError
 * besides.
 */
export function wholeImage(store: Store, name: string, platform?: Platform): ImageWithSteps {
  const found = imageSteps(store, name, platform);
  requireLayers(store, found);
  return found;
}

/** Throws LayerMissingError when a layer of the image is not in the store. */
export function requireLayers(store: Store, { config, layers }: ImageWithSteps): void {
  const ids = diffIdsOf(config);
  if (ids.length === layers.length) return;
  const missing = store.read((tables) => ids.find((id) => !tables.layers.get(id)));
  throw new LayerMissingError(missing ?? ids[0] ?? ('' as DiffId));
}

/** The same of an image that was found already. */
export function stepsOf(store: Store, tables: Tables, image: ImageRow): ImageWithSteps {
  const config = parseConfig(store.blobs.readSync(image.id));
  const { chain } = image;
  const layers = chain === undefined ? [] : (tables.layers.stack(chain) ?? []);
  const origins = chain === undefined ? [] : tables.layers.origins(chain);
  const history = config.history ?? [];
  const parts = [...basesOf(store, tables, image, history), { image, history }];
  const lines = linesOf(tables, parts);
  const isWhole = history.filter((entry) => entry.empty_layer !== true).length >= layers.length;
  const own = tables.images.steps(image.id)?.inherited ?? lengthOfBase(parts);
  let id: Digest | undefined;
  let next = 0;
  const steps = history.map((entry, at): Step => {
    const position = entry.empty_layer === true ? -1 : next++;
    const layer = layers[position];
    id = digestOf([id ?? '', entry.created_by ?? '', layer?.diffId ?? ''].join('\0'));
    const ended = parts.find((part) => part.history.length === at + 1)?.image.id;
    // Layers that nothing is said of came after all that something is said of.
    const known = ended === image.id && !isWhole ? undefined : ended;
    const line = lines[at];
    const origin = line?.origin ?? originOf(origins[position]);
    return {
      ...said(entry),
      id: known ?? (line || origin ? id : undefined),
      ...(layer && { layer }),
      ...(origin && { origin }),
      inherited: at < own,
    };
  });
  const untold = layers.slice(next).map((layer, index): Step => {
    const row = origins[next + index];
    const origin = originOf(row);
    const isLast = next + index === layers.length - 1;
    return {
      ...said({ created_by: row?.instruction ?? '' }),
      id: isLast ? image.id : undefined,
      layer,
      ...(origin && { origin }),
      inherited: false,
    };
  });
  return { image, config, layers, steps: [...steps, ...untold] };
}

function said({
  created,
  created_by: createdBy = '',
  comment = '',
}: History): Pick<Step, 'created' | 'createdBy' | 'comment'> {
  const time = created === undefined ? undefined : new Date(created);
  return { created: time && Number.isNaN(time.getTime()) ? undefined : time, createdBy, comment };
}

function originOf(row: OriginRow | undefined): StepOrigin | undefined {
  if (row?.file === undefined) return undefined;
  const first = row.firstLine ?? 0;
  return { file: row.file, lines: [first, row.lastLine ?? first] };
}

/** The images here that this one continues, the shortest first. */
function basesOf(
  store: Store,
  tables: Tables,
  image: ImageRow,
  history: readonly History[],
): Part[] {
  const { chain, parent } = image;
  const chains = chain === undefined ? [] : (tables.layers.chains(chain) ?? []);
  const candidates = new Map(
    tables.images.onChains(chains, CANDIDATES).map((one) => [one.id, one] as const),
  );
  for (let id = parent; id !== undefined && !candidates.has(id);) {
    const row = tables.images.get(id);
    if (!row) break;
    candidates.set(row.id, row);
    id = row.parent;
  }
  candidates.delete(image.id);
  const texts = history.map((entry) => JSON.stringify(entry));
  const bases = [...candidates.values()].flatMap((row): Part[] => {
    const own = parseConfig(store.blobs.readSync(row.id)).history ?? [];
    const begins =
      own.length > 0 &&
      own.length < history.length &&
      own.every((entry, at) => JSON.stringify(entry) === texts[at]);
    return begins ? [{ image: row, history: own }] : [];
  });
  return bases.sort((a, b) => a.history.length - b.history.length);
}

/** How many entries came with the images that it stands on, for one that was not built here. */
function lengthOfBase(parts: readonly Part[]): number {
  return parts.at(-2)?.history.length ?? 0;
}

/** What is known of the entries of a history: an entry that somebody here built, with its line. */
function linesOf(
  tables: Tables,
  parts: readonly Part[],
): readonly ({ readonly origin?: StepOrigin } | undefined)[] {
  const found: { readonly origin?: StepOrigin }[] = [];
  for (const { image, history } of parts) {
    const steps = tables.images.steps(image.id);
    if (!steps) continue;
    for (let at = steps.inherited; at < history.length; at += 1) {
      const lines = steps.lines[at - steps.inherited];
      found[at] = lines ? { origin: { file: steps.file, lines } } : {};
    }
  }
  return found;
}
