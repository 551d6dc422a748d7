/** What holds for all commands: in stave(1) and in the reference. */

/** Exit codes with one meaning everywhere. */
export const USUAL_EXITS: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'Done'],
  ['1', 'It failed; of several operands, one of them'],
  ['64', 'The template given to inspect is wrong'],
  ['125', 'The command line is wrong; for run, the container could not be made'],
  ['126', 'run: the command cannot be executed'],
  ['127', 'run: the command was not found'],
  ['130', 'Interrupted'],
  ['143', 'Terminated'],
];

/** Variables of the environment that stave itself looks at. */
export const VARIABLES: readonly (readonly [name: string, meaning: string])[] = [
  ['STAVE_ROOT', 'The directory of the store, as --root'],
  ['STAVE_NODE', 'A Node 24 or newer to run on'],
  ['STAVE_CACHE_BUDGET', 'How much the build cache may take, such as 20g; builds keep to it'],
  ['DOCKER_CONFIG', 'The directory of config.json with credentials; default: ~/.docker'],
  ['DOCKER_DEFAULT_PLATFORM', 'The platform where --platform is not given'],
  ['SOURCE_DATE_EPOCH', 'The latest time that a build writes, in seconds since 1970'],
  ['HTTP_PROXY, HTTPS_PROXY, NO_PROXY', 'Ways to registries, and into builds'],
  ['NO_COLOR', 'No colours'],
];

/** What stave is, in paragraphs. */
export const ABOUT: readonly string[] = [
  'stave builds container images from Dockerfiles, runs, keeps, moves and explains them. There is no daemon: every command opens the store, does its work and ends, and any number of them may run at once.',
  'Names, options, output and exit codes are those of Docker. Results go to standard output, everything else to standard error.',
  'Images lie in /var/lib/stave for root, else in $XDG_DATA_HOME/stave. Without --root, run-time state is in /run/stave or $XDG_RUNTIME_DIR/stave.',
];
