import { Exit, InvalidInputError, UsageError } from '../../base/errors.ts';
import type { BuildRequest, BuildResult } from '../../engine/build-types.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Verification } from '../../engine/verify-types.ts';
import { buildRequest } from '../build-request.ts';
import { classicError, isClassic, writeBuilt } from '../build/classic.ts';
import { RUN_FLAGS } from '../build/resources.ts';
import { parseCall } from '../calls/call.ts';
import { command, type Context } from '../command.ts';
import { explanations } from '../explanations.ts';
import { flag } from '../flags.ts';
import { onFailure } from '../on-fail.ts';
import { REASON_FLAGS } from '../reason-flags.ts';
import { BUILD_REFUSED } from '../refused-flags.ts';
import { removeResultFile, writeResultFile } from '../result-file.ts';
import { writeVerification } from '../verify.ts';
import { openRenderer, type ProgressMode, type Renderer } from '../render/renderer.ts';

/** The flags of `build`. */
export const BUILD_FLAGS = {
  ...BUILD_REFUSED,
  ...REASON_FLAGS,
  ...RUN_FLAGS,
  builder: flag.text('string', 'Ignored: there is one builder, built in'),
  'build-context': flag.list(
    'name=value',
    'A directory, URL, docker-image://NAME or oci-layout://DIR to use under a name',
  ),
  'add-host': flag.list('strings', 'A line for /etc/hosts: "host:ip"'),
  'allow-leak': flag.list('strings', 'A secret or build argument that may be in the image'),
  annotation: flag.list('stringArray', 'An annotation: "index:key=value"'),
  attest: flag.list('stringArray', 'An attestation: "type=provenance,mode=max"'),
  'attest-as-referrer': flag.toggle(
    'Push attestations as referrers of the image, without an index',
  ),
  'build-arg': flag.list('stringArray', 'A value for ARG; without "=value" the environment\'s'),
  'cache-from': flag.list('stringArray', 'A cache to use: "type=local,src=DIR" or an image'),
  'cache-to': flag.list('stringArray', 'Where to write the cache: "type=local,dest=DIR,mode=max"'),
  call: flag.text('string', 'Do not build: check, outline or targets'),
  check: flag.toggle('Check the Dockerfile; do not build'),
  compress: flag.toggle('Nothing: there is no way to a builder that could be compressed'),
  file: flag.text('string', 'The Dockerfile (default: "PATH/Dockerfile")', 'f'),
  'force-rm': flag.toggle('Nothing: steps leave no containers behind'),
  iidfile: flag.text('string', 'A file for the image ID'),
  label: flag.list('stringArray', 'A label for the image'),
  load: flag.toggle('Store the result as an image; it always is'),
  'metadata-file': flag.text('string', 'A file for digests and names, as JSON'),
  network: flag.text('string', 'The network of RUN: default, host or none'),
  'no-cache': flag.toggle('Run every step again'),
  'no-cache-filter': flag.stringSlice('stringArray', 'Run the steps of these stages again'),
  output: flag.list('stringArray', 'Where to: a directory, "-", or "type=oci,dest=app.tar"', 'o'),
  platform: flag.stringSlice('stringArray', 'The platforms to build for'),
  progress: flag.text('string', 'How progress is shown: auto, plain, tty, quiet, rawjson or none'),
  provenance: flag.text('string', 'Attach how it was made: true, or "mode=max"'),
  pull: flag.toggle('Ask registries for base images, even those that are here'),
  push: flag.toggle('Push the image under its names'),
  quiet: flag.toggle('Print the image ID and nothing else', 'q'),
  rm: flag.toggle('Nothing: steps leave no containers behind', undefined, true),
  sbom: flag.text('string', 'Attach which packages it has: true'),
  'shm-size': flag.bytes('Size of /dev/shm for RUN'),
  squash: flag.toggle('One layer above the base image'),
  tag: flag.list('stringArray', 'A name for the image: "name:tag"', 't'),
  target: flag.text('string', 'The stage to build (default: the last)'),
};

/** `image build`, `build`. */
export const imageBuild = command({
  usage: '[OPTIONS] PATH | URL | -',
  operands: [1, 1],
  slip: ([context]) => (context === undefined ? '[OPTIONS] .' : undefined),
  flags: BUILD_FLAGS,
  examples: [
    ['The Dockerfile here, under a name', 'stave build -t app:v1 .'],
    ['Another file, with an argument', 'stave build -f build/Dockerfile --build-arg V=2 -t app .'],
    ['What is wrong with the Dockerfile', 'stave build --check .'],
    ['Why did a step run', 'stave build --explain -t app .'],
    ['Is it the same when it is built again', 'stave build --reproducible --verify app .'],
    ['Only the ID, for scripts', 'id=$(stave build -q .)'],
  ],

  async run(context) {
    const { flags, stdout, stderr, cwd } = context;
    const call = parseCall(flags.call, flags.check);
    const mode = progressMode(context);
    const request = await buildRequest(context);
    if (call.method !== 'build') {
      const { runCall } = await import('../calls/run-call.ts');
      return await runCall(call, request, await context.engine(), context);
    }
    if (flags.iidfile !== undefined) removeResultFile(cwd, flags.iidfile);
    const engine = await context.engine();
    if (flags.verify !== undefined) {
      const found = await verify(context, engine, request, mode);
      return writeVerification(stdout, flags.verify, found, flags.format);
    }
    const { result, reasons } = await build(context, engine, request, mode);
    if (flags.iidfile !== undefined) writeResultFile(cwd, flags.iidfile, result.id);
    if (flags['metadata-file'] !== undefined) {
      const { metadata } = await import('../build/metadata.ts');
      writeResultFile(
        cwd,
        flags['metadata-file'],
        JSON.stringify(
          {
            ...metadata(result, request.outputs),
            ...(flags.explain && { 'stave.build.explanations': reasons }),
          },
          undefined,
          2,
        ),
      );
    }
    if ((mode === 'plain' && !isClassic(context)) || mode === 'tty') {
      stderr.line(`${result.steps} step${result.steps === 1 ? '' : 's'}, ${result.cached} cached`);
    }
    // What was built may be there already.
    const isTaken = request.outputs?.some((output) => 'to' in output && 'write' in output.to);
    if (flags.quiet && isTaken !== true) stdout.line(result.id);
    return Exit.ok;
  },
});

type BuildContext = Context<typeof BUILD_FLAGS>;

async function build(
  context: BuildContext,
  engine: Engine,
  request: BuildRequest,
  mode: ProgressMode,
): Promise<{ readonly result: BuildResult; readonly reasons: readonly unknown[] }> {
  const { flags, stderr, env, signal } = context;
  let display: Renderer | undefined;
  const failed = onFailure(context, flags['on-fail'], () => display);
  const classic = mode === 'plain' && isClassic(context);
  using shown = classic ? await openClassic(context) : await openRenderer(mode, stderr, env);
  display = shown;
  const { sink, reasons } = explanations(shown.sink);
  try {
    const result = await engine.build({ ...request, ...failed }, { signal, progress: sink });
    if (classic) writeBuilt(context, result, flags.tag);
    return { result, reasons };
  } catch (error) {
    throw isClassic(context) ? classicError(error) : error;
  }
}

async function openClassic({ stdout, stderr }: BuildContext): Promise<Renderer> {
  const { classicRenderer } = await import('../render/classic.ts');
  return classicRenderer(stdout, stderr);
}

async function verify(
  { flags, stderr, env, signal }: BuildContext,
  engine: Engine,
  request: BuildRequest,
  mode: ProgressMode,
): Promise<Verification> {
  using shown = await openRenderer(mode, stderr, env);
  return await engine.verify(flags.verify ?? '', request, { signal, progress: shown.sink });
}

/** The display that `--progress` or `BUILDKIT_PROGRESS` asks for. Throws UsageError, InvalidInputError. */
export function progressMode({
  flags,
  env,
  stderr,
}: Pick<Context, 'env' | 'stderr'> & {
  readonly flags: { readonly progress: string | undefined; readonly quiet: boolean };
}): ProgressMode {
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
