import { BUILDERS } from './builder-index.ts';
import type { Command } from './command.ts';
import { CONTAINERS } from './container-index.ts';
import { MANIFESTS } from './manifest-index.ts';
import { NETWORKS } from './network-index.ts';
import { REGISTRY } from './registry-index.ts';
import { DOCTORS } from './doctor-index.ts';
import { VOLUMES } from './volume-index.ts';

/** A command before it is loaded: all that finding it and listing it needs. */
export interface CommandEntry {
  /** The canonical name: `image ls`. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  /** Listed first in `stave --help`, under this short name. */
  readonly common?: string;
  readonly load: () => Promise<Command>;
}

/** Groups of commands, and groups in groups, in the order of the help. */
export const GROUPS: Readonly<Record<string, string>> = {
  builder: 'Manage builds',
  buildx: 'Build images, under the name of the extended builder',
  'buildx imagetools': 'Look at images in registries',
  container: 'Manage containers',
  context: 'Look at build contexts',
  debug: 'Look inside',
  doctor: 'Find out why something does not work',
  image: 'Manage images',
  manifest: 'Manage manifests in registries, and lists of them',
  network: 'Manage networks of containers',
  registry: 'Run a registry',
  system: 'Manage stave',
  volume: 'Manage volumes',
};

/** Every command, with every name it answers to. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'container run',
    aliases: ['run'],
    summary: 'Run a command in a new container',
    common: 'run',
    load: async () => (await import('./commands/container-run.ts')).containerRun,
  },
  {
    name: 'image build',
    aliases: ['build', 'builder build', 'buildx build', 'buildx b'],
    summary: 'Build an image from a Dockerfile',
    common: 'build',
    load: async () => (await import('./commands/image-build.ts')).imageBuild,
  },
  {
    name: 'image pull',
    aliases: ['pull'],
    summary: 'Download an image from a registry',
    common: 'pull',
    load: async () => (await import('./commands/image-pull.ts')).imagePull,
  },
  {
    name: 'image push',
    aliases: ['push'],
    summary: 'Upload an image to a registry',
    common: 'push',
    load: async () => (await import('./commands/image-push.ts')).imagePush,
  },
  {
    name: 'container ls',
    aliases: ['container list', 'container ps', 'ps'],
    summary: 'List containers',
    common: 'ps',
    load: async () => (await import('./commands/container-ls.ts')).containerLs,
  },
  {
    name: 'image ls',
    aliases: ['image list', 'images'],
    summary: 'List images',
    common: 'images',
    load: async () => (await import('./commands/image-ls.ts')).imageLs,
  },
  {
    name: 'version',
    aliases: [],
    summary: 'Show the version',
    common: 'version',
    load: async () => (await import('./commands/version.ts')).version,
  },
  {
    name: 'system info',
    aliases: ['info'],
    summary: 'Show where things are kept and what this machine offers',
    common: 'info',
    load: async () => (await import('./commands/system-info.ts')).systemInfo,
  },
  {
    name: 'builder du',
    aliases: ['buildx du'],
    summary: 'Show what builds keep',
    load: async () => (await import('./commands/builder-du.ts')).builderDu,
  },
  {
    name: 'builder prune',
    aliases: ['buildx prune'],
    summary: 'Forget build results that no image needs',
    load: async () => (await import('./commands/builder-prune.ts')).builderPrune,
  },
  {
    name: 'buildx bake',
    aliases: ['bake', 'buildx f'],
    summary: 'Build what a file defines',
    load: async () => (await import('./commands/buildx-bake.ts')).buildxBake,
  },
  {
    name: 'completion',
    aliases: [],
    summary: 'Print what makes a shell complete commands',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  ...BUILDERS,
  ...CONTAINERS,
  ...MANIFESTS,
  ...NETWORKS,
  ...REGISTRY,
  ...VOLUMES,
  {
    name: 'container commit',
    aliases: ['commit'],
    summary: 'Make an image of what a container changed',
    load: async () => (await import('./commands/container-commit.ts')).containerCommit,
  },
  {
    name: 'container cp',
    aliases: ['cp'],
    summary: 'Copy files between a container and this machine',
    load: async () => (await import('./commands/container-cp.ts')).containerCp,
  },
  {
    name: 'container diff',
    aliases: ['diff'],
    summary: 'Show what a container changed, or in what two images differ',
    load: async () => (await import('./commands/container-diff.ts')).containerDiff,
  },
  {
    name: 'container export',
    aliases: ['export'],
    summary: 'Write the files of a container as a tar archive',
    load: async () => (await import('./commands/container-export.ts')).containerExport,
  },
  {
    name: 'container prune',
    aliases: [],
    summary: 'Remove the containers that do not run',
    load: async () => (await import('./commands/container-prune.ts')).containerPrune,
  },
  {
    name: 'container rm',
    aliases: ['container remove', 'rm'],
    summary: 'Remove one or more containers',
    load: async () => (await import('./commands/container-rm.ts')).containerRm,
  },
  {
    name: 'context explain',
    aliases: [],
    summary: 'Say which rule keeps a path in a build context or out of it',
    load: async () => (await import('./commands/context-explain.ts')).contextExplain,
  },
  {
    name: 'context ls',
    aliases: ['context list'],
    summary: 'List what a build context holds',
    load: async () => (await import('./commands/context-ls.ts')).contextLs,
  },
  {
    name: 'debug dockerfile',
    aliases: [],
    summary: 'Show how a Dockerfile is read',
    load: async () => (await import('./commands/debug-dockerfile.ts')).debugDockerfile,
  },
  ...DOCTORS,
  {
    name: 'outdated',
    aliases: [],
    summary: 'Compare images with what their bases are today',
    load: async () => (await import('./commands/outdated.ts')).outdated,
  },
  {
    name: 'rebase',
    aliases: [],
    summary: 'Put an image on another base without building it anew',
    load: async () => (await import('./commands/rebase.ts')).rebase,
  },
  {
    name: 'search',
    aliases: [],
    summary: 'Find images in a registry, Docker Hub by default',
    load: async () => (await import('./commands/search.ts')).search,
  },
  {
    name: 'copy',
    aliases: [],
    summary: 'Copy an image between registries, this store, layouts and archives',
    load: async () => (await import('./commands/copy.ts')).copy,
  },
  {
    name: 'sign',
    aliases: [],
    summary: 'Sign images in their registry',
    load: async () => (await import('./commands/sign.ts')).sign,
  },
  {
    name: 'verify',
    aliases: [],
    summary: 'Verify the signatures of images in their registry',
    load: async () => (await import('./commands/verify.ts')).verify,
  },
  {
    name: 'login',
    aliases: [],
    summary: 'Log in to a registry',
    load: async () => (await import('./commands/login.ts')).login,
  },
  {
    name: 'logout',
    aliases: [],
    summary: 'Forget the credentials for a registry',
    load: async () => (await import('./commands/logout.ts')).logout,
  },
  {
    name: 'tags',
    aliases: [],
    summary: 'List the tags of a repository in its registry',
    load: async () => (await import('./commands/tags.ts')).tags,
  },
  {
    name: 'image blame',
    aliases: ['blame'],
    summary: 'Show which layer and line a file of an image comes from',
    load: async () => (await import('./commands/image-blame.ts')).imageBlame,
  },
  {
    name: 'image diff',
    aliases: [],
    summary: 'Show in what two images differ',
    load: async () => (await import('./commands/image-diff.ts')).imageDiff,
  },
  {
    name: 'image explain',
    aliases: ['explain'],
    summary: 'Show where the bytes of an image are, and what it could do without',
    load: async () => (await import('./commands/image-explain.ts')).imageExplain,
  },
  {
    name: 'image exists',
    aliases: [],
    summary: 'Say by the exit code whether an image is here',
    load: async () => (await import('./commands/image-exists.ts')).imageExists,
  },
  {
    name: 'image history',
    aliases: ['history'],
    summary: 'Show the history of an image',
    load: async () => (await import('./commands/image-history.ts')).imageHistory,
  },
  {
    name: 'image import',
    aliases: ['import'],
    summary: 'Make an image of a file system tarball',
    load: async () => (await import('./commands/image-import.ts')).imageImport,
  },
  {
    name: 'image inspect',
    aliases: [],
    summary: 'Show everything about one or more images',
    load: async () => (await import('./commands/image-inspect.ts')).imageInspect,
  },
  {
    name: 'image lint',
    aliases: ['lint'],
    summary: 'Check an image: what it starts with, who it runs as, what it holds',
    load: async () => (await import('./commands/image-lint.ts')).imageLint,
  },
  {
    name: 'image load',
    aliases: ['load'],
    summary: 'Load images from a tar archive or standard input',
    load: async () => (await import('./commands/image-load.ts')).imageLoad,
  },
  {
    name: 'image prune',
    aliases: [],
    summary: 'Remove unused images',
    load: async () => (await import('./commands/image-prune.ts')).imagePrune,
  },
  {
    name: 'image rm',
    aliases: ['image remove', 'rmi'],
    summary: 'Remove one or more images',
    load: async () => (await import('./commands/image-rm.ts')).imageRm,
  },
  {
    name: 'image save',
    aliases: ['save'],
    summary: 'Save one or more images to a tar archive (standard output by default)',
    load: async () => (await import('./commands/image-save.ts')).imageSave,
  },
  {
    name: 'image tag',
    aliases: ['tag'],
    summary: 'Give an image another name',
    load: async () => (await import('./commands/image-tag.ts')).imageTag,
  },
  {
    name: 'image tree',
    aliases: [],
    summary: 'Show the layers of an image, and which images have them, too',
    load: async () => (await import('./commands/image-tree.ts')).imageTree,
  },
  {
    name: 'image untag',
    aliases: ['untag'],
    summary: 'Take names away from images, and keep the images',
    load: async () => (await import('./commands/image-untag.ts')).imageUntag,
  },
  {
    name: 'inspect',
    aliases: [],
    summary: 'Show everything about one or more objects',
    load: async () => (await import('./commands/inspect.ts')).inspect,
  },
  {
    name: 'inventory',
    aliases: [],
    summary: "List the layers of this store, for 'save --have' elsewhere",
    load: async () => (await import('./commands/inventory.ts')).inventory,
  },
  {
    name: 'attest',
    aliases: [],
    summary: 'Attach a statement, or a list of packages, to an image in its registry',
    load: async () => (await import('./commands/attest.ts')).attest,
  },
  {
    name: 'sbom',
    aliases: ['image sbom'],
    summary: 'List the packages in an image',
    load: async () => (await import('./commands/sbom.ts')).sbom,
  },
  {
    name: 'system check',
    aliases: ['fsck'],
    summary: 'Re-hash everything stored and say what is wrong',
    load: async () => (await import('./commands/system-check.ts')).systemCheck,
  },
  {
    name: 'system df',
    aliases: [],
    summary: 'Show what takes space on the disk',
    load: async () => (await import('./commands/system-df.ts')).systemDf,
  },
  {
    name: 'system disable',
    aliases: [],
    summary: 'Start no containers after a boot',
    load: async () => (await import('./commands/system-boot.ts')).systemDisable,
  },
  {
    name: 'system enable',
    aliases: [],
    summary: 'Start containers after a boot that have a restart policy',
    load: async () => (await import('./commands/system-boot.ts')).systemEnable,
  },
  {
    name: 'system events',
    aliases: ['events'],
    summary: 'Show what happens to images and containers, as it happens',
    load: async () => (await import('./commands/events.ts')).events,
  },
  {
    name: 'system prune',
    aliases: [],
    summary: 'Remove what is not used',
    load: async () => (await import('./commands/system-prune.ts')).systemPrune,
  },
  {
    name: 'system status',
    aliases: [],
    summary: 'Say whether containers are started after a boot',
    load: async () => (await import('./commands/system-boot.ts')).systemStatus,
  },
];
