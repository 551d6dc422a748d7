import type { Manuals } from './manual.ts';

/** `run`, `ps`, `rm`. */
export const CONTAINER_MANUALS: Manuals = {
  'container run': {
    text: [
      'What follows the image is the command, with its own options. An image that is not here is pulled first.',
    ],
    exits: [
      ['125', 'The container could not be made: a wrong option, an unknown image'],
      ['126', 'The command cannot be executed'],
      ['127', 'The command was not found'],
      ['128+n', 'Signal n ended the command'],
      ['other', "The command's own"],
    ],
  },
  'container ls': {
    text: [
      'Containers that have ended are shown with --all, or when a status filter asks for them.',
    ],
  },
  'container diff': {
    text: [
      'With one operand what a container changed of the files of its image: A added, C changed, D deleted. With two, images or containers, everything in which they differ, as "stave image diff".',
    ],
    exits: [
      ['1', 'Two operands: they differ'],
      ['2', 'Two operands: they could not be compared'],
    ],
  },
  'container export': {
    text: ['One tar of all files as the container sees them, without its volumes and mounts.'],
  },
  'container rm': {
    text: ['With --force an unknown container is complained about, and is no failure.'],
  },
};
