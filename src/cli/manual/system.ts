import type { Manuals } from './manual.ts';

/** The store, and stave itself. */
export const SYSTEM_MANUALS: Manuals = {
  'system check': {
    text: [
      'Reads every blob and every file of every layer. What --repair drops is said line by line; images that have lost a layer go with it.',
    ],
    exits: [['1', 'Something is wrong, and was not repaired']],
  },
  'system df': {
    text: [
      'Every byte is counted once. RECLAIMABLE is what the prune commands could free; -v says for each image what it shares with others.',
    ],
  },
  completion: {
    text: [
      'The script asks stave itself at every Tab: commands, options, their values, and names of images, containers, stages and bake targets. Registries are never asked.',
    ],
  },
  'system enable': {
    text: [
      'Writes and enables a unit of systemd, for the machine or for a user who is not root, that runs start --restart-policy always,unless-stopped. Where systemd does not run, prints the line for a crontab.',
    ],
  },
  'system disable': {
    text: ['Takes away what system enable wrote.'],
  },
  'system status': {
    text: ['Names the unit of systemd, or the line for a crontab, and says whether it is enabled.'],
  },
  'system events': {
    text: [
      'Without --until it goes on until it is interrupted. The store keeps the last 10,000, so that --since finds those of processes that have ended.',
    ],
  },
  'system info': {
    text: [
      'Says which container runtime, storage and confinement are used, and warns of what this machine lacks.',
    ],
  },
  'system prune': {
    text: [
      'Containers that have ended, images without a name (with --all, without a container), and build results that no image needs. Asks first unless --force is given.',
    ],
  },
  version: {
    text: ['Opens no store. Client and Server in templates are the same program.'],
  },
};
