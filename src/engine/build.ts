import type { CallOptions } from '../base/progress.ts';
import type { BuildCaches } from '../build/cache/session.ts';
import { buildImage, type BuildParts } from '../build/build.ts';
import { BuildError } from '../build/errors.ts';
import { InvalidReferenceError } from '../oci/errors.ts';
import { hostPlatform } from '../oci/platform.ts';
import { canonicalName, familiar, parseTagTarget } from '../oci/reference.ts';
import { runSettings } from './build-run.ts';
import { namedContexts } from './build-input.ts';
import type { CacheRegistry } from './build-caches.ts';
import type { BuildRequest, BuildResult } from './build-types.ts';

/** Fills in the defaults of a request, checks its names, and builds. Throws BuildError. */
export async function runBuild(
  request: BuildRequest,
  parts: BuildParts & { readonly cpus: number; readonly cacheRegistry?: CacheRegistry },
  call: CallOptions,
): Promise<BuildResult> {
  const references = (request.tags ?? []).map(parseTag);
  const platform = hostPlatform(process.arch);
  const filter = new Set((request.noCacheFilter ?? []).map((name) => name.toLowerCase()));
  const built = await buildImage(
    {
      context: request.context,
      dockerfile: request.dockerfile,
      names: references.map(canonicalName),
      args: new Map(Object.entries(request.args ?? {})),
      labels: request.labels ?? {},
      contexts: namedContexts(request.contexts),
      target: request.target,
      platform: request.platform ?? platform,
      buildPlatform: platform,
      network: request.network ?? 'default',
      extraHosts: request.extraHosts ?? [],
      uncached: (stage) => request.noCache === true || filter.has(stage),
      sourceDateEpoch: request.sourceDateEpoch,
      shmSize: request.shmSize,
      run: runSettings(request),
      // Steps that wait for a network or a clock must not be limited to the CPUs.
      parallel: Math.max(8, 2 * parts.cpus),
      caches: await cachesOf(request, parts.cacheRegistry),
    },
    parts,
    call,
  );
  const { digest, mediaType, size } = built.manifest;
  return {
    id: built.id,
    manifest: { mediaType, digest, size },
    names: references.map(familiar),
    steps: built.steps,
    cached: built.cached,
  };
}

/** Loaded when the request names caches. */
async function cachesOf(
  { cache }: BuildRequest,
  registry: CacheRegistry | undefined,
): Promise<BuildCaches | undefined> {
  return cache && (await import('./build-caches.ts')).buildCaches(cache, registry);
}

function parseTag(text: string): ReturnType<typeof parseTagTarget> {
  try {
    return parseTagTarget(text);
  } catch (error) {
    if (!(error instanceof InvalidReferenceError)) throw error;
    const why = error.message.replace(/^invalid reference format(?:: )?/, '');
    throw new BuildError(
      `invalid tag ${JSON.stringify(text)}: ${why === '' ? 'invalid reference format' : why}`,
    );
  }
}
