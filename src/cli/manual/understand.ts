import type { Manuals } from './manual.ts';

/** Understanding images. */
export const UNDERSTAND_MANUALS: Manuals = {
  'image explain': {
    text: [
      'Shows the layers by size with the lines that made them; the bytes that no container sees, because a later layer wrote, copied or deleted the same files; files that images seldom need; files with the same content; and what to change, with the bytes that it is worth. Works for every image; lines of a Dockerfile are known for those that were built here.',
      'The score is the share of the bytes in all layers that a container sees. Sizes are those of file content, not compressed. --max-size takes a size (300MB, 300MiB), --max-waste a size or a share of the image (5%), --min-score takes 90, 90% or 0.9.',
    ],
    exits: [
      [
        '1',
        'The image is larger than --max-size, more is wasted than --max-waste allows, or the score is below --min-score',
      ],
    ],
  },
  'image lint': {
    text: [
      'Looks at what a build looks at when it has made an image: whether what ENTRYPOINT, CMD and HEALTHCHECK name is there, can be run, and has its interpreter and libraries; who runs it; compilers and package managers that its own steps left; files for everybody and programs with rights that they added. A pulled image does not tell which layers are its own: what needs that is left out.',
      'The names of the rules are those that # check=skip=… takes in a Dockerfile.',
    ],
    exits: [['1', 'There is something to say']],
  },
  'image blame': {
    text: [
      'For a file: every layer that added, changed or deleted it, oldest first. For a directory and for a pattern (*, ?, [a-z], and ** for any directories): the layer that wrote each file last. Deleted paths are shown with --all, or when they are named.',
      'Links in the directories of a path are followed inside the image; --follow goes where the path itself points, too.',
    ],
    exits: [['1', 'No layer of the image ever had such a path']],
  },
  'image diff': {
    text: [
      'Compares settings, steps with layers, packages (dpkg, apk) and files: their type, content, mode, owner, target of a link, device and attributes. Times do not count, nor does it matter how the layers are cut. A is for added, C for changed, D for deleted.',
    ],
    exits: [
      ['0', 'Files and settings are the same'],
      ['1', 'They differ'],
      ['2', 'They could not be compared'],
    ],
  },
  'container diff': {
    text: [
      "With one operand, what a container changed of its image's files: A is for added, C for changed, D for deleted. The exit code is 0 then.",
      "With two, as 'image diff'; each is an image or, where there is no such image, a container.",
    ],
    exits: [
      ['0', 'Of two: files and settings are the same'],
      ['1', 'Of two: they differ'],
      ['2', 'Of two: they could not be compared'],
    ],
  },
  'image tree': {
    text: [
      'From the bottom up. Layers go by their diff IDs, as in RootFS of inspect. With --shared each layer is followed by the other images that have it, wherever in their layers: on the disk it is there once.',
    ],
  },
};
