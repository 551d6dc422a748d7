import { readDefinition } from '../../bake/bake.ts';
import type { Evaluated } from '../../bake/definition.ts';
import type { Engine } from '../../engine/engine.ts';
import type { BakeFile } from '../../bake/files.ts';
import { parseOverrides } from '../../bake/overrides.ts';
import { goJson, printed } from '../../bake/print.ts';
import { resolveTargets, type Resolved } from '../../bake/resolve.ts';
import { Exit, UsageError } from '../../base/errors.ts';
import type { ProgressSink } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import { formatPlatform, hostPlatform } from '../../oci/platform.ts';
import { parseCall, type Call } from '../calls/call.ts';
import { command, type Context } from '../command.ts';
import { bakeFiles, isRemote, textIfThere } from '../bake/files.ts';
import { parseListing, listingText } from '../bake/list.ts';
import { checkEntitlements } from '../bake/entitlements.ts';
import { flag, refused } from '../flags.ts';
import { openRenderer } from '../render/renderer.ts';
import { writeResultFile } from '../result-file.ts';
import { progressMode } from './image-build.ts';

const BAKE_FLAGS = {
  ...refused('there are no builders to choose from', ['builder']),
  ...refused('policies are not available in this version', ['policy']),
  'allow-leak': flag.list('strings', 'A secret or build argument that may be in an image'),
  allow: flag.list('stringArray', 'Let targets have more: "fs.read=DIR", "fs=*", network.host'),
  call: flag.text('string', 'Do not build: check, outline or targets'),
  check: flag.toggle('Check the Dockerfiles; do not build'),
  file: flag.list('stringArray', 'A file that defines targets; "-" for standard input', 'f'),
  list: flag.text('string', 'List targets or variables: "targets", "type=variables,format=json"'),
  load: flag.toggle('Store the results as images; they are unless they say otherwise'),
  'metadata-file': flag.text('string', 'A file for digests and names of all targets, as JSON'),
  'no-cache': flag.toggle('Run every step again'),
  print: flag.toggle('Print what would be built, as JSON'),
  progress: flag.text('string', 'How progress is shown: auto, plain, tty, quiet, rawjson or none'),
  provenance: flag.text('string', 'Attach how images were made: true, or "mode=max"'),
  pull: flag.toggle('Ask registries for base images, even those that are here'),
  push: flag.toggle('Push the images under their names'),
  sbom: flag.text('string', 'Attach which packages images have: true'),
  set: flag.list('stringArray', 'Change a target: "app.args.V=2", "*.platform=linux/arm64"'),
  var: flag.list('stringArray', 'Set a variable: "TAG=v2"'),
};

type BakeContext = Context<typeof BAKE_FLAGS>;

/** `buildx bake`, `bake`. */
export const buildxBake = command({
  usage: '[OPTIONS] [TARGET...]',
  operands: [0, Infinity],
  flags: BAKE_FLAGS,
  examples: [
    ['What is called default in docker-bake.hcl', 'stave bake'],
    ['Two targets of another file', 'stave bake -f ci.hcl app worker'],
    ['What would be built', 'stave bake --print'],
    [
      'Another value for a variable, and for an argument',
      'stave bake --var TAG=v2 --set app.args.V=2',
    ],
    ['What there is to build', 'stave bake --list targets'],
  ],

  async run(context) {
    const { flags, stdout, stderr } = context;
    const call = parseCall(flags.call, flags.check);
    if (flags.print && flags.list !== undefined) {
      throw new UsageError('--print and --list are mutually exclusive');
    }
    refuseMissing(context);
    const files = await bakeFiles(flags.file, context);
    const definition = await definitionOf(context, files);
    for (const warning of definition.warnings) stderr.line(`WARNING: ${warning}`);
    if (flags.list !== undefined) {
      stdout.write(listingText(parseListing(flags.list), definition));
      return Exit.ok;
    }
    const names = context.operands.length > 0 ? context.operands : ['default'];
    const overrides = parseOverrides(overridesOf(context, call), definition, lookedUp(context));
    const resolved = dated(resolveTargets(definition, names, overrides), context);
    if (flags.print) {
      stdout.line(printed(resolved));
      return Exit.ok;
    }
    checkEntitlements(resolved, flags.allow, context);
    return await bake(resolved, call, context, files);
  },
});

/** What cannot be done yet must not be ignored. */
function refuseMissing({ env, operands }: BakeContext): void {
  if (/^(?:1|t|true)$/i.test(env['BUILDX_BAKE_FILE_RELATIVE_PATHS'] ?? '')) {
    throw new UsageError('BUILDX_BAKE_FILE_RELATIVE_PATHS is not available in this version', {
      hint: 'Paths in bake files are relative to the current directory.',
    });
  }
  const [first = ''] = operands;
  if (isRemote(first)) {
    throw new UsageError(
      `${first}: bake files from the network are not available in this version`,
      {
        hint: 'Clone the repository first.',
      },
    );
  }
}

async function definitionOf(
  { flags, cwd, env, clock }: BakeContext,
  files: readonly BakeFile[],
): Promise<Evaluated> {
  return await readDefinition({
    files,
    env: lookedUp({ env }),
    vars: variablesOf(flags.var),
    builtins: new Map([
      ['BAKE_CMD_CONTEXT', 'cwd://'],
      ['BAKE_LOCAL_PLATFORM', formatPlatform(hostPlatform(process.arch))],
    ]),
    home: env['HOME'] || '/root',
    now: new Date(clock.now()),
    dotenv: textIfThere(cwd, '.env'),
  });
}

/** `SOURCE_DATE_EPOCH` of the environment is an argument of every target that has none. */
function dated(resolved: Resolved, { env }: BakeContext): Resolved {
  const epoch = env['SOURCE_DATE_EPOCH'];
  if (!epoch) return resolved;
  const targets = [...resolved.targets].map(([name, target]) => {
    const args = new Map([['SOURCE_DATE_EPOCH', epoch], ...(target.fields.args ?? [])]);
    return [name, { ...target, fields: { ...target.fields, args } }] as const;
  });
  return { ...resolved, targets: new Map(targets) };
}

/** The environment that variables are looked up in. */
function lookedUp({ env }: Pick<BakeContext, 'env'>): BakeContext['env'] {
  return /^(?:1|t|true)$/i.test(env['BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP'] ?? '') ? {} : env;
}

function variablesOf(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts
      .filter((text) => text !== '')
      .map((text) => {
        const at = text.indexOf('=');
        if (at < 0)
          throw new UsageError(`invalid variable ${JSON.stringify(text)}, expected key=value`);
        if (at === 0)
          throw new UsageError(`invalid variable ${JSON.stringify(text)}, key is empty`);
        return [text.slice(0, at), text.slice(at + 1)];
      }),
  );
}

/** `--set`, and the flags that stand for one. */
function overridesOf({ flags, typed }: BakeContext, call: Call): string[] {
  const { push, load, pull, sbom, provenance } = flags;
  return [
    ...flags.set,
    ...(push ? ['*.push=true'] : []),
    ...(load ? ['*.load=true'] : []),
    ...(call.method === 'build' ? [] : [`*.call=${call.method}`]),
    ...(typed.has('no-cache') ? [`*.no-cache=${flags['no-cache']}`] : []),
    ...(typed.has('pull') ? [`*.pull=${pull}`] : []),
    ...(sbom ? [`*.attest=${attestation('sbom', sbom)}`] : []),
    ...(provenance ? [`*.attest=${attestation('provenance', provenance)}`] : []),
  ];
}

function attestation(type: string, text: string): string {
  if (/^(?:1|t|true)$/i.test(text)) return `type=${type}`;
  if (/^(?:0|f|false)$/i.test(text)) return `type=${type},disabled=true`;
  return `type=${type},${text}`;
}

/** Answers the calls, and builds the rest. */
async function bake(
  resolved: Resolved,
  call: Call,
  context: BakeContext,
  files: readonly BakeFile[],
): Promise<number> {
  const { flags, stderr, env, cwd } = context;
  const mode = progressMode({ ...context, flags: { progress: flags.progress, quiet: false } });
  const { callTargets, isCalled } = await import('../bake/call.ts');
  const { buildTargets } = await import('../bake/build.ts');
  const engine = await context.engine();
  const [asked, wanted] = [true, false].map(
    (called) => new Map([...resolved.targets].filter(([, one]) => isCalled(one) === called)),
  );
  if (wanted && [...wanted.values()].some(({ linked }) => !linked)) {
    using shown = await openRenderer(mode, stderr, env);
    showFiles(files, shown.sink);
    const allowLeaks = flags['allow-leak'];
    const build: Engine['build'] = (request, how) =>
      engine.build({ ...request, ...(allowLeaks.length > 0 && { allowLeaks }) }, how);
    const names = [...wanted.keys()];
    const built = await buildTargets(resolved, names, { build }, context, shown.sink);
    if (flags['metadata-file'] !== undefined) {
      const { metadata } = await import('../build/metadata.ts');
      const found = new Map(
        [...built].map(([name, { result, request }]) => [name, metadata(result, request.outputs)]),
      );
      writeResultFile(cwd, flags['metadata-file'], goJson(found));
    }
  }
  if (!asked || asked.size === 0) return Exit.ok;
  return await callTargets({ ...resolved, targets: asked }, call, engine, context);
}

/** What was read before there was a display. */
function showFiles(files: readonly BakeFile[], sink: ProgressSink): void {
  using task = reporter(sink).begin('[internal] load local bake definitions', { kind: 'internal' });
  for (const { name, text } of files) {
    const from = name === '-' ? 'from stdin' : name;
    task.note(`reading ${from} ${Buffer.byteLength(text)}B`);
  }
  task.outcome = 'done';
}
