import { InvalidInputError } from '../base/errors.ts';
import type { BuildRequest } from '../engine/build-types.ts';
import { formatPlatform, hostPlatform, parsePlatform, type Platform } from '../oci/platform.ts';
import { contextSources, namedContextsOf, proxiesOf } from './build/contexts.ts';
import { resourcesOf } from './build/resources.ts';
import { secretsOf, sshOf } from './build/secrets.ts';
import type { Context } from './command.ts';
import type { BUILD_FLAGS } from './commands/image-build.ts';
import { parseBytes } from './units.ts';
import { argumentsOf, extraHost, labelsOf } from './key-values.ts';
import { reasonRequest } from './reason-flags.ts';
import { sourceDateEpoch } from './source-date.ts';

type BuildContext = Context<typeof BUILD_FLAGS>;

/** The request that a command line means. Throws InvalidInputError, UsageError. */
export async function buildRequest(context: BuildContext): Promise<BuildRequest> {
  const { flags, env } = context;
  const args = argumentsOf(flags['build-arg'], env);
  const epoch = sourceDateEpoch(args['SOURCE_DATE_EPOCH'] ?? env['SOURCE_DATE_EPOCH']);
  const network = networkOf(flags.network);
  const platforms = platformsOf(flags.platform, env['DOCKER_DEFAULT_PLATFORM']);
  return {
    ...(await contextSources({
      where: context.operands[0] ?? '',
      file: flags.file,
      cwd: context.cwd,
      stdin: context.stdin,
    })),
    ...proxiesOf(env),
    ...resourcesOf(flags),
    ...(flags.secret.length > 0 && { secrets: secretsOf(flags.secret, context) }),
    ...(flags['allow-leak'].length > 0 && { allowLeaks: flags['allow-leak'] }),
    ...(flags.ssh.length > 0 && { ssh: sshOf(flags.ssh, context) }),
    tags: flags.tag,
    args,
    labels: labelsOf(flags.label),
    contexts: namedContextsOf(flags['build-context'], context.cwd),
    extraHosts: flags['add-host'].map(extraHost),
    noCache: flags['no-cache'],
    ...(flags.pull && { pull: true }),
    noCacheFilter: flags['no-cache-filter'],
    ...(await cacheOf(context)),
    ...cacheBudget(env['STAVE_CACHE_BUDGET']),
    ...(flags.target !== undefined && { target: flags.target }),
    ...platforms,
    ...(await resultOf(context, epoch !== undefined)),
    ...(network !== undefined && { network }),
    ...(epoch !== undefined && { sourceDateEpoch: epoch }),
    ...(flags['shm-size'] !== undefined && { shmSize: flags['shm-size'] }),
    ...reasonRequest(flags),
  };
}

/** Bytes, with a unit as in `20g`; without it nothing is ever removed unasked. */
function cacheBudget(text: string | undefined): Pick<BuildRequest, 'cacheBudget'> {
  if (text === undefined || text === '') return {};
  try {
    return { cacheBudget: parseBytes(text) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidInputError(`STAVE_CACHE_BUDGET: ${error.message}`);
  }
}

/** Loaded when a cache is named. */
async function cacheOf({ flags, cwd, env }: BuildContext): Promise<Pick<BuildRequest, 'cache'>> {
  const [from, to] = [flags['cache-from'], flags['cache-to']];
  if (from.length === 0 && to.length === 0) return {};
  return { cache: (await import('./build/cache-options.ts')).cacheRequest(from, to, { cwd, env }) };
}

function networkOf(mode: string | undefined): BuildRequest['network'] {
  if (mode === undefined || mode === 'default' || mode === 'host' || mode === 'none') return mode;
  throw new InvalidInputError(`network mode ${JSON.stringify(mode)} not supported by builds`, {
    hint: "Builds know 'default', 'host' and 'none'.",
  });
}

function platformsOf(
  typed: readonly string[],
  fallback: string | undefined,
): Pick<BuildRequest, 'platform' | 'platforms'> {
  const texts = typed.length > 0 ? typed : (fallback ?? '').split(',');
  const host = hostPlatform(process.arch);
  const found = new Map<string, Platform>();
  for (const text of texts.map((one) => one.trim()).filter((one) => one !== '')) {
    const platform = text === 'local' ? host : parsePlatform(text, host);
    found.set(formatPlatform(platform), platform);
  }
  const [platform, ...more] = found.values();
  if (!platform) return {};
  return more.length === 0 ? { platform } : { platforms: [platform, ...more] };
}

/** What is to come out. Loaded when anything but an image of the store is asked for. */
async function resultOf(
  { flags, cwd, stdout, stderr, env }: BuildContext,
  dated: boolean,
): Promise<Partial<BuildRequest>> {
  const { output, annotation, attest, provenance, sbom, push, load, squash } = flags;
  const referrers = flags['attest-as-referrer'];
  const asked = output.length + annotation.length + attest.length + Number(referrers);
  const told = env['BUILDX_METADATA_PROVENANCE'];
  const isPlain = asked === 0 && !push && provenance === undefined && sbom === undefined;
  if (isPlain && !told) return squash ? { squash } : {};
  const { resultRequest } = await import('./build/result.ts');
  return {
    ...resultRequest(
      { output, annotation, attest, provenance, sbom, referrers, metadata: told },
      { cwd, stdout, push, load, dated, notice: (line) => stderr.line(`Notice: ${line}`) },
    ),
    ...(squash && { squash }),
  };
}
