import type { Manuals } from './manual.ts';

/** Images: listing, naming, removing, moving. */
export const IMAGE_MANUALS: Manuals = {
  'image ls': {
    text: [
      'One row for each name, newest image first; images without a name are shown as <none>. The operand chooses by name: "app" means every tag of the repository, and * matches within one part of a name.',
      'Values of one filter key are alternatives, different keys must all pass; labels must all be there. Times are a duration back from now (24h), a date, or Unix seconds.',
    ],
  },
  'image inspect': {
    text: [
      'Without --format one JSON array for all. What was not found is said on standard error; the others are shown all the same.',
    ],
    exits: [
      ['1', 'Something was not found'],
      ['64', 'The template is wrong'],
    ],
  },
  inspect: {
    text: ['A name is looked for among containers first, then among images; --type says which.'],
    exits: [
      ['1', 'Something was not found'],
      ['64', 'The template is wrong'],
    ],
  },
  'image history': {
    text: [
      'Newest step first. IMAGE is the ID of an image that is here and ends with the step; of other steps that were built here it names the step: images that begin alike have the same. It is <missing> for steps that nothing is known of. --origin adds the lines of the Dockerfile; a template has them as Origin.',
      '--audit looks for credentials instead: in variables, labels, commands and history by name and by value, and in the files of every layer, those too that a later layer deletes. Values are shown by their beginning only.',
    ],
    exits: [['1', '--audit found something']],
  },
  'image tag': {
    text: [
      'The target gets a name; an image that had it loses it. The source is a name, an ID, or the beginning of an ID.',
    ],
  },
  'image rm': {
    text: [
      'By name: the name goes, and the image with its last one. By ID: the image goes with its only name; with several it stays unless --force is given. An image that a container uses stays; --force removes it when the container has ended.',
    ],
    exits: [['1', 'Something could not be removed; the others are']],
  },
  'image prune': {
    text: [
      'Removes images that have no name and no container; with --all every image without a container. Asks first unless --force is given. The sum is what really left the disk.',
    ],
  },
  'image save': {
    text: [
      'Writes an OCI layout that is a Docker archive too. A name without a tag means every tag of the repository. Layers that several images share are written once; the manifest digest of a pulled image stays what it was.',
    ],
  },
  'image load': {
    text: [
      'Takes Docker archives of any age and OCI layouts, as tar or as a directory, plain or compressed with gzip, bzip2, xz or zstd. Every digest is checked. Nothing is fetched from the network.',
    ],
  },
  'image explain': {
    text: [
      'The layers by size with the lines that made them, what is wasted (files that a later layer wrote again, copied for a new mode or owner, or deleted), what images seldom need, and what to change with the bytes that it saves. The score is the share of the bytes in all layers that a container sees. docs/explain.md has the rules.',
    ],
    exits: [['1', 'More is wasted than --max-waste or --min-score allow']],
  },
  'image blame': {
    text: [
      'For a file every layer that added, changed or deleted it, with the instruction and the line of the Dockerfile; for a directory or a pattern the layer that wrote each file last. Lines are known for images that were built here.',
    ],
  },
  'image diff': {
    text: [
      'Compares files by content, mode, owner and attributes, then the config, then sizes by step. Times are not compared.',
    ],
    exits: [
      ['1', 'They differ'],
      ['2', 'They could not be compared'],
    ],
  },
  'image tree': {
    text: [
      'From the base upwards: each layer with its size and line, and the names of the images that end there.',
    ],
  },
  'image exists': {
    text: ['Prints nothing and asks no registry.'],
    exits: [
      ['1', 'It is not here'],
      ['125', 'Neither yes nor no: the name is no name, or the store cannot be read'],
    ],
  },
  'image untag': {
    text: [
      'The image stays even when this was its last name. Only the names that are given go, not all names of the image.',
    ],
  },
  inventory: {
    text: [
      "Prints digests of layers as JSON. Given to 'stave save --have' on another machine, it keeps these layers out of the archive; 'stave load' takes them from the store, and refuses the archive when one is missing.",
    ],
  },
  outdated: {
    text: [
      'An image is outdated when the base it was built on means another image now: in its registry, or with --local in this store. What is built on something outdated is outdated, too; the order is that in which to build again.',
    ],
    exits: [['1', 'With --exit-code: something is outdated']],
  },
  rebase: {
    text: [
      'Makes a new image of the layers that the image has above its base, and of the new base: nothing is built again. Files that both the image and the new base changed are a conflict, unless --force says that the image is right.',
    ],
  },
  'image import': {
    text: [
      'Takes a tar of a file system, plain or compressed, and makes an image of one layer. --change takes CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR.',
    ],
  },
};
