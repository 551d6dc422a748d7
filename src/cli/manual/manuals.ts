import { BUILD_MANUALS } from './build.ts';
import { CONTAINER_MANUALS } from './container.ts';
import { IMAGE_MANUALS } from './image.ts';
import type { Manuals } from './manual.ts';
import { NETWORK_MANUALS } from './network.ts';
import { REGISTRY_MANUALS } from './registry.ts';
import { SYSTEM_MANUALS } from './system.ts';
import { UNDERSTAND_MANUALS } from './understand.ts';
import { VOLUME_MANUALS } from './volume.ts';

/** What the pages of all commands say beyond their tables. */
export const MANUALS: Manuals = {
  ...BUILD_MANUALS,
  ...CONTAINER_MANUALS,
  ...IMAGE_MANUALS,
  ...NETWORK_MANUALS,
  ...REGISTRY_MANUALS,
  ...SYSTEM_MANUALS,
  ...UNDERSTAND_MANUALS,
  ...VOLUME_MANUALS,
};
