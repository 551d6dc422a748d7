import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { collect, type Bytes } from '../base/bytes.ts';
import { InvalidInputError, UsageError } from '../base/errors.ts';
import type { BuildRequest } from '../engine/build-types.ts';
import { hostPlatform, parsePlatform } from '../oci/platform.ts';
import { resourcesOf } from './build/resources.ts';
import { secretsOf, sshOf } from './build/secrets.ts';
import type { Context } from './command.ts';
import type { BUILD_FLAGS } from './commands/image-build.ts';
import { argumentsOf, extraHost, labelsOf } from './key-values.ts';

type BuildContext = Context<typeof BUILD_FLAGS>;

const DOCKERFILE_LIMIT = 4 * 1024 * 1024;
const REMOTE = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/;

/** The request that a command line means. Throws InvalidInputError, UsageError. */
export async function buildRequest(context: BuildContext): Promise<BuildRequest> {
  const { flags, env } = context;
  const args = argumentsOf(flags['build-arg'], env);
  const epoch = sourceDateEpoch(args['SOURCE_DATE_EPOCH'] ?? env['SOURCE_DATE_EPOCH']);
  const network = networkOf(flags.network);
  const platform = platformOf(flags.platform ?? env['DOCKER_DEFAULT_PLATFORM']);
  return {
    ...(await sources(context)),
    ...resourcesOf(flags),
    ...(flags.secret.length > 0 && { secrets: secretsOf(flags.secret, context) }),
    ...(flags.ssh.length > 0 && { ssh: sshOf(flags.ssh, context) }),
    tags: flags.tag,
    args,
    labels: labelsOf(flags.label),
    contexts: contextsOf(flags['build-context'], context.cwd),
    extraHosts: flags['add-host'].map(extraHost),
    noCache: flags['no-cache'],
    noCacheFilter: flags['no-cache-filter'],
    ...(await cacheOf(context)),
    ...(flags.target !== undefined && { target: flags.target }),
    ...(platform !== undefined && { platform }),
    ...(network !== undefined && { network }),
    ...(epoch !== undefined && { sourceDateEpoch: epoch }),
    ...(flags['shm-size'] !== undefined && { shmSize: flags['shm-size'] }),
  };
}

/** Loaded when a cache is named. */
async function cacheOf({ flags, cwd }: BuildContext): Promise<Pick<BuildRequest, 'cache'>> {
  const [from, to] = [flags['cache-from'], flags['cache-to']];
  if (from.length === 0 && to.length === 0) return {};
  return { cache: (await import('./build/cache-options.ts')).cacheRequest(from, to, cwd) };
}

/** Named contexts; directories are made absolute. */
function contextsOf(texts: readonly string[], cwd: string): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      const [name, value] = [text.slice(0, at), text.slice(at + 1)];
      if (at <= 0 || value === '') {
        throw new UsageError(`invalid context value: ${text}, expected key=value`);
      }
      return [name.toLowerCase(), value.includes('://') ? value : resolve(cwd, value)];
    }),
  );
}

/** Where the context and the Dockerfile come from. */
async function sources({
  flags,
  operands: [where = ''],
  cwd,
  stdin,
}: BuildContext): Promise<Pick<BuildRequest, 'context' | 'dockerfile'>> {
  const { file } = flags;
  if (where === '-') {
    if (file === '-') {
      throw new UsageError(
        "invalid argument: can't use stdin for both build context and dockerfile",
      );
    }
    if (file !== undefined) {
      throw new InvalidInputError(
        'ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles',
      );
    }
    return { context: undefined, dockerfile: { text: await dockerfileText(stdin.bytes()) } };
  }
  if (REMOTE.test(where)) {
    throw new InvalidInputError(
      'a build context from the network is not available in this version',
      {
        hint: 'Fetch it first and name the directory.',
      },
    );
  }
  const context = resolve(cwd, where);
  const kind = statSync(context, { throwIfNoEntry: false });
  if (where === '' || kind === undefined) {
    throw new InvalidInputError(
      `unable to prepare context: path ${JSON.stringify(where)} not found`,
    );
  }
  if (!kind.isDirectory()) {
    throw new InvalidInputError(
      `unable to prepare context: ${JSON.stringify(where)} is not a directory`,
    );
  }
  if (file === '-') {
    return { context, dockerfile: { text: await dockerfileText(stdin.bytes()) } };
  }
  return { context, dockerfile: { path: dockerfilePath(context, file, cwd) } };
}

function dockerfilePath(context: string, typed: string | undefined, cwd: string): string {
  // What kind of thing it is, the builder looks at when it opens it.
  const isThere = (path: string): boolean =>
    statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (typed !== undefined) {
    const path = resolve(cwd, typed);
    if (isThere(path)) return path;
  } else {
    const found = ['Dockerfile', 'dockerfile', 'Containerfile']
      .map((name) => join(context, name))
      .find(isThere);
    if (found !== undefined) return found;
  }
  const name = typed ?? 'Dockerfile';
  throw new InvalidInputError(
    `failed to read dockerfile: open ${name}: no such file or directory`,
    typed === undefined
      ? { hint: `There is none in the build context ${context}; -f FILE names another.` }
      : {},
  );
}

/** A Dockerfile from standard input. An archive there is a build context, which is something else. */
async function dockerfileText(bytes: Bytes): Promise<string> {
  let body: Buffer;
  try {
    body = await collect(bytes, DOCKERFILE_LIMIT);
  } catch (error) {
    if (error instanceof RangeError) throw archiveOnInput();
    throw error;
  }
  if (isArchive(body)) throw archiveOnInput();
  return body.toString();
}

function archiveOnInput(): InvalidInputError {
  return new InvalidInputError(
    'a build context on standard input is not available in this version',
    { hint: 'Unpack it and name the directory; standard input may hold a Dockerfile.' },
  );
}

function isArchive(body: Buffer): boolean {
  const magic = body.subarray(0, 6).toString('latin1');
  return (
    body.subarray(257, 262).toString('latin1') === 'ustar' ||
    magic.startsWith('\x1f\x8b') ||
    magic.startsWith('BZh') ||
    magic.startsWith('\xfd7zXZ') ||
    magic.startsWith('\x28\xb5\x2f\xfd')
  );
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

function sourceDateEpoch(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,12}$/.test(text)) {
    throw new InvalidInputError(`invalid SOURCE_DATE_EPOCH: ${JSON.stringify(text)}`, {
      hint: 'It is a number of seconds since 1970.',
    });
  }
  return Number(text);
}
