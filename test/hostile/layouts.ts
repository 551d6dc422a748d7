import assert from 'node:assert/strict';
import { MediaType } from '../../src/oci/media-types.ts';
import {
  CONFIG,
  descriptor,
  LAYER,
  layout,
  type LayoutParts,
  manifestOf,
  text,
} from './documents.ts';
import type { HostileCase, Spot } from './house.ts';

/** A layout that is refused. */
export const bad = (
  what: string,
  refused: RegExp,
  parts: LayoutParts | Buffer | ((spot: Spot) => LayoutParts),
): HostileCase => ({
  what,
  refused,
  archive: (spot) => {
    const made = typeof parts === 'function' ? parts(spot) : parts;
    return Buffer.isBuffer(made) ? made : layout(made);
  },
});
/** A layout that is taken, under these names. */
export const good = (
  what: string,
  parts: LayoutParts | Buffer,
  names: readonly string[] = ['x:1'],
): HostileCase => ({
  what,
  archive: () => (Buffer.isBuffer(parts) ? parts : layout(parts)),
  accepted: async ({ engine }) => {
    const tags = (await engine.images.list({ all: true })).flatMap((image) => image.tags);
    assert.deepEqual(tags.toSorted(), names.toSorted());
  },
});
/** The layout with the descriptor of its layer changed. */
export const layer = (change: object): LayoutParts => ({
  manifest: { layers: [{ ...descriptor(MediaType.ociLayer, LAYER), ...change }] },
});
/** The layout with the descriptor of its config changed. */
export const config = (change: object): LayoutParts => ({
  manifest: { config: { ...descriptor(MediaType.ociConfig, text(CONFIG)), ...change } },
});
/** The manifest of a layout that nothing was changed of. */
export const MANIFEST = manifestOf();
/** What refers to it. */
export const root = (change: object = {}): object => ({
  ...descriptor(MediaType.ociManifest, MANIFEST),
  ...change,
});
/** An index as a text. */
export const indexOf = (manifests: readonly object[], change: object = {}): string =>
  text({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests, ...change });
