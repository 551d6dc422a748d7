import type { Manuals } from './manual.ts';

/** `build`, `bake`, the build cache and contexts. */
export const BUILD_MANUALS: Manuals = {
  'image build': {
    text: [
      'The operand is the context: a directory, the URL of an archive or a git repository ("#ref:subdir" behind it), or "-" for an archive or a Dockerfile on standard input. Without --file the Dockerfile is PATH/Dockerfile or PATH/Containerfile. Files that .dockerignore names are not in the context.',
      'Progress goes to standard error. Standard output stays empty unless -q prints the image ID, --call prints a report, or "-o -" writes an archive.',
      'A result lies in the store under the names of --tag; an image that had such a name before stays, without it. Every step that runs says why; --explain says it of remembered steps, too.',
      'What --secret and --ssh give, and build arguments that are called like secrets and look like one, must not come out: a build whose layers, config or history would have such a value fails. --allow-leak takes the id of what may.',
    ],
    exits: [
      [
        '1',
        'A step failed, a secret would come out, --check found something, --verify found a difference',
      ],
    ],
  },
  'buildx bake': {
    text: [
      'Without --file it reads compose.yaml, docker-bake.json and docker-bake.hcl with their variants, as far as they are there. Targets that build on each other wait for each other; the others are built side by side.',
    ],
  },
  'builder du': {
    text: [
      'Sizes with a star are shared: images have the same layers, so forgetting the result alone frees nothing.',
    ],
  },
  'builder prune': {
    text: [
      'Results that an image still has stay unless --all is given. Forgetting a result never touches an image: the next build runs the step again.',
      'STAVE_CACHE_BUDGET=20g in the environment of builds keeps the cache below that size without any command.',
    ],
  },
  'context explain': {
    text: ['Relative paths are paths in the context, as .dockerignore and COPY have them.'],
  },
  'context ls': {
    text: ['Nothing is built: the directory is walked by the rules of .dockerignore.'],
  },
  'debug dockerfile': {
    text: [
      'Prints the syntax tree as BuildKit understands the file: words, flags, heredocs and line numbers. Useful to see where quotes and backslashes went.',
    ],
  },
};
