import { rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidInputError, UsageError } from '../../base/errors.ts';
import type { BuildResult } from '../../engine/build-types.ts';
import { formatReference, parseReference } from '../../oci/reference.ts';
import { buildRequest } from '../build-request.ts';
import { command, type Context } from '../command.ts';
import { explainOpen } from '../files.ts';
import { flag } from '../flags.ts';
import { BUILD_REFUSED } from '../refused-flags.ts';
import { openRenderer, type ProgressMode } from '../render/renderer.ts';

/** The flags of `build`. */
export const BUILD_FLAGS = {
  ...BUILD_REFUSED,
  'add-host': flag.list('strings', 'Add a custom host-to-IP mapping (format: "host:ip")'),
  'build-arg': flag.list('stringArray', 'Set build-time variables'),
  file: flag.text('string', 'Name of the Dockerfile (default: "PATH/Dockerfile")', 'f'),
  iidfile: flag.text('string', 'Write the image ID to a file'),
  label: flag.list('stringArray', 'Set metadata for an image'),
  load: flag.toggle('Store the result as an image; it always is'),
  'metadata-file': flag.text('string', 'Write build result metadata to a file'),
  network: flag.text('string', 'Networking of RUN instructions: default, host or none'),
  'no-cache': flag.toggle('Do not use cache when building the image'),
  'no-cache-filter': flag.stringSlice('stringArray', 'Do not cache specified stages'),
  platform: flag.text('string', 'Set target platform for build'),
  progress: flag.text(
    'string',
    'Set type of progress output: auto, plain, tty, quiet, rawjson or none',
  ),
  pull: flag.toggle('Always attempt to pull all referenced images'),
  quiet: flag.toggle('Suppress the build output and print image ID on success', 'q'),
  'shm-size': flag.bytes('Shared memory size for build containers'),
  tag: flag.list('stringArray', 'Name and optionally a tag (format: "name:tag")', 't'),
  target: flag.text('string', 'Set the target build stage to build'),
};

/** `image build`, `build`. */
export const imageBuild = command({
  usage: '[OPTIONS] PATH | -',
  operands: [1, 1],
  flags: BUILD_FLAGS,
  examples: [
    ['The Dockerfile here, under a name', 'stave build -t app:v1 .'],
    ['Another file, with an argument', 'stave build -f build/Dockerfile --build-arg V=2 -t app .'],
    ['Only the ID, for scripts', 'id=$(stave build -q .)'],
  ],

  async run(context) {
    const { flags, stdout, stderr, env, cwd, signal } = context;
    const mode = progressMode(context);
    const request = await buildRequest(context);
    if (flags.pull) stderr.line('Notice: --pull: base images are local; there is nothing to look up.');
    if (flags.iidfile !== undefined) rmSync(resolve(cwd, flags.iidfile), { force: true });
    const engine = await context.engine();
    const result = await (async () => {
      using display = await openRenderer(mode, stderr, env);
      return engine.build(request, { signal, progress: display.sink });
    })();
    if (flags.iidfile !== undefined) writeOut(cwd, flags.iidfile, result.id);
    if (flags['metadata-file'] !== undefined) {
      writeOut(cwd, flags['metadata-file'], JSON.stringify(metadata(result), undefined, 2));
    }
    if (flags.quiet) stdout.line(result.id);
  },
});

function progressMode({ flags, env, stderr }: Context<typeof BUILD_FLAGS>): ProgressMode {
  const asked = flags.progress ?? env['BUILDKIT_PROGRESS'] ?? 'auto';
  if (flags.quiet) return 'quiet';
  switch (asked) {
    case 'auto':
    case '':
      return stderr.terminal && env['TERM'] !== 'dumb' ? 'tty' : 'plain';
    case 'tty':
      if (!stderr.terminal) throw new InvalidInputError('failed to get console: not a terminal');
      return 'tty';
    case 'plain':
    case 'quiet':
    case 'rawjson':
      return asked;
    case 'none':
      return 'quiet';
    default:
      throw new UsageError(`invalid progress type ${JSON.stringify(asked)}`, {
        hint: 'It is one of auto, plain, tty, quiet, rawjson, none.',
      });
  }
}

/** What `--metadata-file` gets: keys in the order of their names. */
function metadata({ id, manifest, names }: BuildResult): Readonly<Record<string, unknown>> {
  return {
    'containerimage.config.digest': id,
    'containerimage.descriptor': {
      mediaType: manifest.mediaType,
      digest: manifest.digest,
      size: manifest.size,
    },
    'containerimage.digest': manifest.digest,
    ...(names.length > 0 && {
      'image.name': names.map((name) => formatReference(parseReference(name))).join(','),
    }),
  };
}

function writeOut(cwd: string, typed: string, text: string): void {
  try {
    writeFileSync(resolve(cwd, typed), text);
  } catch (error) {
    throw explainOpen(error, typed) ?? error;
  }
}
