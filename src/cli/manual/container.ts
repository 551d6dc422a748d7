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
  'container commit': {
    text: [
      'The image is what the container was made of with what it changed, and runs as the container did: its command, variables, labels, user and directory, then what --change says. What is mounted in it, volumes too, is no part of the image. A container that runs stands still meanwhile.',
      '--change takes CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR.',
      'Of a container that was started with --record a Dockerfile is written as well, with the files that it copies: into --dockerfile, or else into NAME.draft. --verify builds it, and says in which files its image is another one, apart from caches, logs and the like.',
    ],
    exits: [['1', '--verify: files differ']],
  },
  'container recording': {
    text: [
      'One line for each command that was typed since the container was started with --record: its exit code, how many files it changed (?: nobody looked), and what a Dockerfile makes of it.',
    ],
  },
  'container cp': {
    text: [
      'Into a directory that is there the source comes under its own name, else under the name that is given; DEST/ must be there for a file; of SRC/. the content alone is copied. A - is a tar through standard input or output, compressed or not.',
      'It works on containers that run and on those that do not, and into volumes as the container sees them. No link leads out of the container, whatever it does meanwhile.',
      'Into a container files keep the numbers of their owners. Out of it they are yours, and nobody becomes somebody else by running them; with --archive they keep owners and modes.',
    ],
  },
  'container export': {
    text: ['One tar of all files as the container sees them, without its volumes and mounts.'],
  },
  'container rm': {
    text: ['With --force an unknown container is complained about, and is no failure.'],
  },
};
