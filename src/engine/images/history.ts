import type { Digest } from '../../oci/digest.ts';
import type { History } from '../../oci/image-config.ts';
import type { Platform } from '../../oci/platform.ts';
import { parseConfig } from '../../oci/parse-config.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow, LayerRow, OriginRow, Tables } from '../../store/tables.ts';
import type { HistoryRow } from '../engine.ts';
import { findIn } from './find.ts';

interface Ancestor {
  readonly id: Digest;
  /** Rows of its own history. */
  readonly steps: number;
}

/**
 * The steps that made an image, newest first, with the bytes that each added. The image's own
 * ID stands in the first row, those of the local images it was made from in theirs.
 *
 * Layers that no history entry speaks of come last in the build, so first in the list.
 * Throws ImageNotFoundError, AmbiguousImageError.
 */
export function imageHistory(store: Store, name: string, platform?: Platform): HistoryRow[] {
  const { image, layers, origins, lineage } = store.read((tables) => {
    const { image } = findIn(tables, name, platform);
    return {
      image,
      lineage: lineageOf(tables, image),
      layers: image.chain === undefined ? [] : (tables.layers.stack(image.chain) ?? []),
      origins: image.chain === undefined ? [] : tables.layers.origins(image.chain),
    };
  });
  const history = historyOf(store, image.id);
  const rows = rowsOf(history, layers, origins);
  const ancestors = lineage.map((id) => ({ id, steps: historyOf(store, id).length }));
  return rows
    .map((row, index) => ({ ...row, id: idAt(index, rows.length, image, ancestors) }))
    .reverse();
}

function historyOf(store: Store, id: Digest): readonly History[] {
  return parseConfig(store.blobs.readSync(id)).history ?? [];
}

function lineageOf(tables: Tables, image: ImageRow): Digest[] {
  const lineage: Digest[] = [];
  let parent = image.parent;
  while (parent !== undefined && !lineage.includes(parent)) {
    const row = tables.images.get(parent);
    if (!row) break;
    lineage.push(row.id);
    parent = row.parent;
  }
  return lineage;
}

/** A parent's ID belongs to the last step of its own history. */
function idAt(
  index: number,
  total: number,
  image: ImageRow,
  ancestors: readonly Ancestor[],
): Digest | undefined {
  if (index === total - 1) return image.id;
  return ancestors.find((ancestor) => ancestor.steps === index + 1)?.id;
}

/** Oldest first. */
function rowsOf(
  history: readonly History[],
  layers: readonly LayerRow[],
  origins: readonly (OriginRow | undefined)[],
): HistoryRow[] {
  let next = 0;
  const rows = history.map((step): HistoryRow => {
    const at = step.empty_layer === true ? -1 : next++;
    return rowOf(step, layers[at], origins[at]);
  });
  const untold = layers.slice(next).map((layer, index) => {
    const origin = origins[next + index];
    return rowOf({ created_by: origin?.instruction ?? '' }, layer, origin);
  });
  return [...rows, ...untold];
}

function rowOf(
  step: History,
  layer: LayerRow | undefined,
  origin: OriginRow | undefined,
): HistoryRow {
  const created = step.created === undefined ? undefined : new Date(step.created);
  return {
    id: undefined,
    created: created && Number.isNaN(created.getTime()) ? undefined : created,
    createdBy: step.created_by ?? '',
    size: layer?.contentSize ?? 0,
    comment: step.comment ?? '',
    ...(origin?.file !== undefined &&
      origin.firstLine !== undefined && {
        origin: {
          file: origin.file,
          lines: [origin.firstLine, origin.lastLine ?? origin.firstLine] as const,
        },
      }),
  };
}
