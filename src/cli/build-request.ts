import { InvalidInputError } from '../base/errors.ts';
import type { BuildRequest } from '../engine/build-types.ts';
import { hostPlatform, parsePlatform } from '../oci/platform.ts';
import { contextSources, namedContextsOf, proxiesOf } from './build/contexts.ts';
import { resourcesOf } from './build/resources.ts';
import { secretsOf, sshOf } from './build/secrets.ts';
import type { Context } from './command.ts';
import type { BUILD_FLAGS } from './commands/image-build.ts';
import { parseBytes } from './units.ts';
import { argumentsOf, extraHost, labelsOf } from './key-values.ts';
import { reasonRequest } from './reason-flags.ts';

type BuildContext = Context<typeof BUILD_FLAGS>;

/** The request that a command line means. Throws InvalidInputError, UsageError. */
export async function buildRequest(context: BuildContext): Promise<BuildRequest> {
  const { flags, env } = context;
  const args = argumentsOf(flags['build-arg'], env);
  const epoch = sourceDateEpoch(args['SOURCE_DATE_EPOCH'] ?? env['SOURCE_DATE_EPOCH']);
  const network = networkOf(flags.network);
  const platform = platformOf(flags.platform ?? env['DOCKER_DEFAULT_PLATFORM']);
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
    ...(platform !== undefined && { platform }),
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
async function cacheOf({ flags, cwd }: BuildContext): Promise<Pick<BuildRequest, 'cache'>> {
  const [from, to] = [flags['cache-from'], flags['cache-to']];
  if (from.length === 0 && to.length === 0) return {};
  return { cache: (await import('./build/cache-options.ts')).cacheRequest(from, to, cwd) };
}

function networkOf(mode: string | undefined): BuildRequest['network'] {
  if (mode === undefined || mode === 'default' || mode === 'host' || mode === 'none') return mode;
  throw new InvalidInputError(`network mode ${JSON.stringify(mode)} not supported by builds`, {
    hint: "Builds know 'default', 'host' and 'none'.",
  });
}

function platformOf(typed: string | undefined): BuildRequest['platform'] {
  if (typed === undefined || typed === '') return undefined;
  if (typed.includes(',')) {
    throw new InvalidInputError('builds for several platforms are not available in this version', {
      hint: 'Name one platform.',
    });
  }
  return parsePlatform(typed, hostPlatform(process.arch));
}

function sourceDateEpoch(text: string | undefined): BuildRequest['sourceDateEpoch'] {
  if (text === undefined || text === '') return undefined;
  if (text === 'context') return text;
  if (!/^\d{1,12}$/.test(text)) {
    throw new InvalidInputError(`invalid SOURCE_DATE_EPOCH: ${JSON.stringify(text)}`, {
      hint: "It is a number of seconds since 1970, or 'context' for the date of its git commit.",
    });
  }
  return Number(text);
}
