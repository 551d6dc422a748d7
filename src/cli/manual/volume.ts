import type { Manuals } from './manual.ts';

/** Volumes. */
export const VOLUME_MANUALS: Manuals = {
  'volume create': {
    text: [
      'Without a name one is made up, and the volume is anonymous: "volume prune" removes it when no container has it. A volume that is there already stays as it is.',
      'With -o the volume is what mount(8) would mount: type, device, and in o its options with commas. It is mounted when a container gets it.',
    ],
  },
  'volume prune': {
    text: ['Only anonymous volumes go, with --all every one that no container has.'],
  },
  'volume rm': {
    text: [
      'A volume that a container has, running or not, stays, and the message names the container. With --force a volume that is not there is no failure.',
    ],
  },
};
