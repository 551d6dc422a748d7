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
    ],
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
  'image import': {
    text: [
      'Takes a tar of a file system, plain or compressed, and makes an image of one layer. --change takes CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR.',
    ],
  },
};
