import type { CallOptions } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import type { Lease, Store } from '../store/store.ts';
import { LayerSupply } from '../transport/layer-supply.ts';
import type { BuildInput, BuildParts, Built } from './build-input.ts';
import { notCached, whyLoader } from './cache/load-why.ts';
import type { CacheSession, SessionParts } from './cache/session.ts';
import { dated } from './date/source-date.ts';
import { explained, located } from './explained.ts';
import { finish, needsLayers } from './finish.ts';
import type { ResolveBase } from './frontend/bases.ts';
import type { Vertex } from './graph.ts';
import {
  checkContext,
  nameOfDockerfile,
  openContexts,
  readDockerfile,
  type DockerfileInput,
} from './inputs.ts';
import { openGuard } from './leaks/open.ts';
import { recipeFor } from './ops/recipe.ts';
import type { BuiltImage } from './output/compose.ts';
import { imageSteps } from './image.ts';
import { configOf, isSeveral, plansOf } from './plans.ts';
import { lintNew } from './result-lint/open.ts';
import { runner } from './runner.ts';
import { Solver } from './solve.ts';
import type { SolverParts } from './solver-parts.ts';
import { remoteParts, RemoteSources } from './sources/remote-sources.ts';

/**
 * Builds an image: reads the Dockerfile, plans from metadata alone, runs what no record
 * answers, writes config and manifest, and names the result in one transaction. On any
 * failure nothing is named; finished steps stay in the cache. Throws BuildError.
 */
export async function buildImage(
  input: BuildInput,
  parts: BuildParts,
  call: CallOptions,
): Promise<Built> {
  checkContext(input.context);
  for (const [name, named] of input.contexts) {
    if (named.kind === 'directory') checkContext(named.path, name);
  }
  if (input.outputs || input.annotations || input.referrers === true) {
    const { checkOutputs } = await import('./output/check-outputs.ts');
    checkOutputs({ ...input, several: isSeveral(input) });
  }
  const report = reporter(call.progress);
  let dockerfile: DockerfileInput;
  {
    const name = nameOfDockerfile(input.context, input.dockerfile);
    using task = report.begin(`[internal] load build definition from ${name}`, {
      kind: 'internal',
    });
    dockerfile = readDockerfile(input.context, input.dockerfile);
    task.note(`transferring dockerfile: ${dockerfile.text.length}B`);
    task.outcome = 'done';
  }
  try {
    return await build(input, dockerfile, parts, call);
  } catch (error) {
    throw explained(error, dockerfile);
  }
}

async function build(
  asked: BuildInput,
  dockerfile: DockerfileInput,
  parts: BuildParts,
  call: CallOptions,
): Promise<Built> {
  const { store, snapshotter } = parts;
  const report = reporter(call.progress);
  const began = store.clock.now();
  using leases = lazyLease(store);
  const supply = new LayerSupply(store, snapshotter, leases.get);
  const resolve = await resolver(asked, parts.resolve(supply), supply);
  await using remotes = new RemoteSources(remoteParts(asked, store, leases.get));
  using contexts = openContexts(asked, dockerfile, store, async (name, url) => {
    const { openNamedContext } = await import('./sources/named-context.ts');
    return await openNamedContext(name, url, { store, remotes, lease: leases.get }, call);
  });
  const aim = async (): Promise<(Vertex | undefined)[]> =>
    (await plansOf(asked, dockerfile, resolve, reporter(undefined))).map(
      ({ plan }) => plan.stage.vertex,
    );
  const input = await dated(asked, dockerfile, { targets: aim, contexts: contexts.get }, call);
  await using caches = await cacheSession(
    input,
    { store, snapshotter, lease: leases.get, supply },
    call,
  );
  const plans = await plansOf(input, dockerfile, resolve, report);
  const targets = plans.map(({ plan }) => plan.stage.vertex);
  remotes.begin(targets, call);
  const sharesAll = input.caches?.to.some(({ form }) => form.mode === 'max') === true;
  const guard = await openGuard(input, {
    store,
    snapshotter,
    supply,
    dockerfile,
    targets,
    sharesAll,
  });
  for (const { plan } of plans) guard?.planned(plan.stage);
  const solverParts: SolverParts = {
    store,
    snapshotter,
    supply,
    recipe: located(
      recipeFor(contexts.get, remotes, snapshotter, input.sourceDateEpoch),
      dockerfile,
    ),
    run: runner(
      input,
      dockerfile,
      { ...parts, contexts: contexts.get, remotes, targets, lease: leases.get, caches, guard },
      call.signal,
    ),
    lease: leases.get,
    ...(caches?.imported && { imported: caches.imported }),
    why: whyLoader(input, store, targets, caches?.imported),
    ...(parts.flights && { flights: parts.flights }),
    explain: input.explain === true,
    forget: input.forget === true,
    ...(input.assertCached === true && {
      refuse: (vertex, reason) => notCached(vertex, reason, dockerfile),
    }),
  };
  const attempt = async (): Promise<Built> => {
    const solver = new Solver(solverParts, call, input.parallel);
    const results = await solver.solve(targets);
    if (needsLayers(input)) {
      for (const result of results) await supply.ensure(result.layers, call);
    }
    for (const [at, result] of results.entries()) await guard?.result(targets[at], result, call);
    if (guard && sharesAll) await guard.results(await solver.outcomes(), call);
    const solved = caches && { outcomes: await solver.outcomes(), targets };
    if (solved) await caches.keep(solved);
    const clamp = input.sourceDateEpoch === undefined ? undefined : input.sourceDateEpoch * 1000;
    const images: BuiltImage[] = [];
    for (const [at, { platform, plan }] of plans.entries()) {
      const result = results[at]!;
      const config = await configOf(plan, result, input, solver, store);
      const more =
        solved && (await caches.members({ ...solved, targets: [plan.stage.vertex] }, clamp));
      const base = plan.stage.baseImage;
      guard?.config({ ...config, ...more });
      images.push({
        platform,
        config: { ...config, ...more },
        solved: result,
        base,
        steps: imageSteps(plan.stage, dockerfile.origin),
      });
    }
    const made = images.map(({ config, solved: { layers } }, at) => {
      return { config, layers, plan: plans[at]!.plan };
    });
    if (input.forget !== true) {
      await lintNew(made, dockerfile, input.args, { store, snapshotter }, call);
    }
    const finished = await finish(
      {
        images,
        names: input.names,
        asIndex: isSeveral(input),
        clamp: input.sourceDateEpoch,
        provenance: () => ({ input, dockerfile, targets, began, ended: store.clock.now() }),
      },
      input,
      { store, snapshotter, lease: leases.get, registry: parts.registry, supply, guard },
      call,
    );
    const used = solver.tally.hits;
    if (used.length > 0) {
      const now = store.clock.now().getTime();
      store.note(({ cache }) => cache.touch(used, now));
    }
    if (solved) await caches.export(solved, guard);
    return { ...finished, steps: solver.tally.steps, cached: solver.tally.cached };
  };
  return await (caches?.attempt(attempt) ?? attempt());
}

/** Loaded when the build names caches elsewhere. */
async function cacheSession(
  { caches, platform }: BuildInput,
  parts: Omit<SessionParts, 'platform'>,
  call: CallOptions,
): Promise<CacheSession | undefined> {
  if (!caches) return undefined;
  const module = await import('./cache/session.ts');
  return new module.CacheSession(caches, { ...parts, platform }, call);
}

/** Finds base images; those that contexts name may lie in layouts. */
async function resolver(
  { contexts }: BuildInput,
  resolve: ResolveBase,
  supply: LayerSupply,
): Promise<ResolveBase> {
  const layouts = new Set<string>();
  for (const one of contexts.values()) {
    if (one.kind === 'image' && one.reference.startsWith('oci-layout://')) {
      layouts.add(one.reference);
    }
  }
  if (layouts.size === 0) return resolve;
  const { layoutBase } = await import('./sources/layout-base.ts');
  return (name, platform) =>
    layouts.has(name) ? layoutBase(name, platform, supply) : resolve(name, platform);
}

/** A lease that is taken when the first thing has to be kept: a cached rebuild takes none. */
function lazyLease(store: Store): Disposable & { readonly get: () => Lease } {
  let lease: Lease | undefined;
  return {
    get: () => (lease ??= store.lease('build')),
    [Symbol.dispose]: () => lease?.[Symbol.dispose](),
  };
}
