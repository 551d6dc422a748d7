import { digestOf } from '../../src/oci/digest.ts';
import { memberTar, type Member } from '../support/member-tar.ts';
import { tarOf } from '../tar-of.ts';
import type { HostileCase, Spot, Taken } from './house.ts';

/** A layer: its members, or the bytes of its tar. */
export type LayerOf = readonly Member[] | Buffer;

/** The `manifest.json` form of an image with these layers, all the rest of it in order. */
export function imageOf(...layers: readonly LayerOf[]): Buffer {
  const tars = layers.map((layer) => (Buffer.isBuffer(layer) ? layer : memberTar(...layer)));
  return archiveOf(
    tars,
    tars.map((tar) => digestOf(tar)),
  );
}

/** An image whose layers are files of any sort; `diffIds` are what they unpack to. */
export function archiveOf(files: readonly Buffer[], diffIds: readonly string[]): Buffer {
  const config = {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: diffIds },
  };
  const names = files.map((_, at) => `${at}/layer.tar`);
  return tarOf([
    ...files.map((data, at) => ({ name: names[at] ?? '', data })),
    { name: 'config.json', data: JSON.stringify(config) },
    {
      name: 'manifest.json',
      data: JSON.stringify([{ Config: 'config.json', RepoTags: ['x:1'], Layers: names }]),
    },
  ]);
}

/** A layer that is refused, above those `below`. */
export function bad(
  what: string,
  refused: RegExp,
  layer: LayerOf | ((spot: Spot) => LayerOf),
  ...below: readonly LayerOf[]
): HostileCase {
  return {
    what,
    refused,
    archive: (spot) => imageOf(...below, typeof layer === 'function' ? layer(spot) : layer),
  };
}

/** Layers that are taken, bottom first. */
export function good(
  what: string,
  layers: readonly LayerOf[] | ((spot: Spot) => readonly LayerOf[]),
  accepted: (taken: Taken, spot: Spot) => void | Promise<void>,
): HostileCase {
  return {
    what,
    accepted,
    archive: (spot) => imageOf(...(typeof layers === 'function' ? layers(spot) : layers)),
  };
}

export const file = (path: string | Buffer, body = 'x', rest: Partial<Member> = {}): Member => ({
  path,
  body,
  ...rest,
});
export const link = (path: string, linkTarget: string): Member => ({
  path,
  type: 'symlink',
  linkTarget,
});
export const hard = (path: string, linkTarget: string): Member => ({
  path,
  type: 'hardlink',
  linkTarget,
});
export const directory = (path: string, rest: Partial<Member> = {}): Member => ({
  path,
  type: 'directory',
  ...rest,
});
