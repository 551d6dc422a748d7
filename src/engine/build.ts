import type { CallOptions } from '../base/progress.ts';
import type { BuildCaches } from '../build/cache/session.ts';
import { buildImage } from '../build/build.ts';
import type { BuildParts } from '../build/build-input.ts';
import { BuildError } from '../build/errors.ts';
import type { OutputInput } from '../build/finish.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { InvalidReferenceError } from '../oci/errors.ts';
import { hostPlatform } from '../oci/platform.ts';
import type { Store } from '../store/store.ts';
import { canonicalName, familiar, parseReference, parseTagTarget } from '../oci/reference.ts';
import type { OpenedContext } from './build-context.ts';
import { namedContexts, proxiesFor } from './build-input.ts';
import { lazy } from './lazy.ts';
import { runSettings } from './build-run.ts';
import type { Connections } from '../registry/connection.ts';
import type { BuildRequest, BuildResult } from './build-types.ts';

/** Fills in the defaults of a request, checks its names, and builds. Throws BuildError. */
export async function runBuild(
  request: BuildRequest,
  parts: BuildParts & {
    readonly cpus: number;
    readonly registries: () => Promise<Connections>;
    readonly logins: ReadonlyMap<string, readonly string[]>;
    /** Of the program. */
    readonly version: string;
  },
  call: CallOptions,
): Promise<BuildResult> {
  const references = (request.tags ?? []).map(parseTag);
  const platform = hostPlatform(process.arch);
  const filter = new Set((request.noCacheFilter ?? []).map((name) => name.toLowerCase()));
  using opened = await contextOf(request, parts.store, call);
  const { context } = opened;
  using scope = new DisposableStack();
  const built = await buildImage(
    {
      context,
      dockerfile: request.dockerfile,
      names: references.map(canonicalName),
      args: new Map(Object.entries(request.args ?? {})),
      labels: request.labels ?? {},
      contexts: namedContexts(request.contexts),
      target: request.target,
      platform: request.platform ?? platform,
      ...(request.platforms && { platforms: request.platforms }),
      buildPlatform: platform,
      network: request.network ?? 'default',
      extraHosts: request.extraHosts ?? [],
      noCache: request.noCache === true,
      explain: request.explain === true,
      assertCached: request.assertCached === true,
      forget: request.forget === true,
      reproducible: request.reproducible === true,
      ...(request.failed && { failed: request.failed }),
      uncached: (stage) => request.noCache === true || filter.has(stage),
      sourceDateEpoch: request.sourceDateEpoch,
      proxy: proxiesFor(request),
      shmSize: request.shmSize,
      ...outputsOf(request, parts.version),
      run: runSettings(request),
      urls: urlsOf(request),
      logins: parts.logins,
      ...(request.allowLeaks && { allowLeaks: request.allowLeaks }),
      // Steps that wait for a network or a clock must not be limited to the CPUs.
      parallel: Math.max(8, 2 * parts.cpus),
      caches: await cachesOf(request, parts, scope),
    },
    parts,
    call,
  );
  if (request.cacheBudget !== undefined && built.steps > built.cached) {
    const { keepBudget } = await import('./system/cache-budget.ts');
    await keepBudget(parts.store, request.cacheBudget, call);
  }
  return {
    id: built.id,
    manifest: plain(built.manifest),
    images: built.images.map((image) => ({ ...image, manifest: plain(image.manifest) })),
    names: namesOf(request, references.map(canonicalName)),
    steps: built.steps,
    cached: built.cached,
  };
}

/** Everything that is named by URLs, which may have passwords in them. */
function urlsOf({ context, contexts = {}, proxies = {} }: BuildRequest): Map<string, string> {
  const main = typeof context === 'object' && 'url' in context ? context.url : undefined;
  return new Map([
    ...Object.entries(proxies),
    ...Object.entries(contexts),
    ...(main === undefined ? [] : [['context', main] as const]),
  ]);
}

function plain({ mediaType, digest, size }: Descriptor): BuildResult['manifest'] {
  return { mediaType, digest, size };
}

/** What becomes of the result. */
function outputsOf(request: BuildRequest, toolVersion: string): OutputInput {
  const { outputs, annotations, provenance, sbom, referrers, describe, squash } = request;
  return {
    ...(outputs && { outputs }),
    ...(annotations && { annotations }),
    ...(provenance && { provenance }),
    ...(sbom === true && { sbom: { toolVersion } }),
    ...(referrers !== undefined && { referrers }),
    ...(describe && { describe }),
    ...(squash !== undefined && { squash }),
  };
}

/** Names of the request, and those that its outputs bring. */
function namesOf({ outputs = [] }: BuildRequest, own: readonly string[]): string[] {
  const named = outputs.flatMap((output) => ('names' in output ? (output.names ?? []) : []));
  return [...new Set([...own, ...named])].map((name) => familiar(parseReference(name)));
}

/** Loaded when the request names caches. */
async function cachesOf(
  request: BuildRequest,
  { registries, store }: { readonly registries: () => Promise<Connections>; readonly store: Store },
  scope: DisposableStack,
): Promise<BuildCaches | undefined> {
  if (!request.cache) return undefined;
  const { buildCaches } = await import('./build-caches.ts');
  const client = lazy(async () => {
    const { openClient } = await import('../net/request.ts');
    return scope.use(openClient({ proxy: proxiesFor(request) }));
  });
  return buildCaches(request.cache, { registries, clock: store.clock, client });
}

/** Loaded when there is something to fetch or to unpack. */
async function contextOf(
  request: BuildRequest,
  store: Store,
  call: CallOptions,
): Promise<OpenedContext> {
  const { context } = request;
  if (typeof context !== 'object') return { context, [Symbol.dispose]: () => {} };
  const { openContext } = await import('./build-context.ts');
  return await openContext(request, store, call);
}

function parseTag(text: string): ReturnType<typeof parseTagTarget> {
  try {
    return parseTagTarget(text);
  } catch (error) {
    if (!(error instanceof InvalidReferenceError)) throw error;
    const why = error.message
      .replace(/^invalid reference format(?:: )?/, '')
      .replace(/ \([^)]*\)(?= must be lowercase$)/, '');
    throw new BuildError(
      `invalid tag ${JSON.stringify(text)}: ${why === '' ? 'invalid reference format' : why}`,
      { hint: error.hint },
    );
  }
}
