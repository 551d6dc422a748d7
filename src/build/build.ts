import { DiskFullError, isErrno } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import type { ProxySettings } from '../net/proxy.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';
import type { Executor } from '../runtime/executor.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Lease, Store } from '../store/store.ts';
import { LayerSupply } from '../transport/layer-supply.ts';
import { notCached, whyLoader } from './cache/load-why.ts';
import { explained, pointed } from './explained.ts';
import {
  finish,
  needsLayers,
  type Finished,
  type OpenRegistry,
  type OutputInput,
} from './finish.ts';
import type { ResolveBase } from './frontend/bases.ts';
import type { NamedContext } from './frontend/named-context.ts';
import type { Vertex } from './graph.ts';
import {
  checkContext,
  openContexts,
  readDockerfile,
  type DockerfileInput,
  type MainContext,
} from './inputs.ts';
import type { ExecParts } from './ops/exec.ts';
import type { FailedStep } from './ops/failed-shell.ts';
import { recipeFor, requireContext, type Contexts } from './ops/recipe.ts';
import { stackSource } from './copy/stack-source.ts';
import type { BuiltImage } from './output/compose.ts';
import { dated, type Dated } from './date/source-date.ts';
import { configOf, isSeveral, plansOf } from './plans.ts';
import type { RunSettings } from './run-settings.ts';
import { Solver } from './solve.ts';
import type { BuildCaches, CacheSession, SessionParts } from './cache/session.ts';
import type { Runner } from './solver-parts.ts';
import { verticesOf } from './vertices.ts';
import { remoteParts, RemoteSources } from './sources/remote-sources.ts';

/** What to build, checked and with its defaults filled in. */
export interface BuildInput extends OutputInput {
  readonly context: MainContext;
  readonly dockerfile: { readonly path: string } | { readonly text: string } | undefined;
  /** Canonical names. */
  readonly names: readonly string[];
  readonly args: ReadonlyMap<string, string>;
  readonly labels: Readonly<Record<string, string>>;
  /** Names that stand for directories or images, whatever else they would mean. */
  readonly contexts: ReadonlyMap<string, NamedContext>;
  readonly target: string | undefined;
  readonly platform: Platform;
  /** Several, for an index of them; instead of `platform`. */
  readonly platforms?: readonly Platform[];
  readonly buildPlatform: Platform;
  readonly network: 'default' | 'none' | 'host';
  readonly extraHosts: readonly string[];
  readonly uncached: (stage: string) => boolean;
  /** Every step runs: `--no-cache`. */
  readonly noCache?: boolean;
  /** Say of remembered results, too, where they come from. */
  readonly explain?: boolean;
  /** Fail on the first step that would have to run. */
  readonly assertCached?: boolean;
  /** Remember no result. */
  readonly forget?: boolean;
  /** Is told of a RUN that failed, while what it left is still there. */
  readonly failed?: (step: FailedStep & { readonly name: string }) => Promise<void>;
  /** Seconds since the epoch; `context`: the date of the build context. */
  readonly sourceDateEpoch: number | 'context' | undefined;
  /** `context` where nothing else says a date. */
  readonly reproducible?: boolean;
  readonly shmSize: number | undefined;
  /** What is asked for URLs and repositories; none unless given. */
  readonly proxy?: ProxySettings;
  /** What RUN gets beside the Dockerfile. */
  readonly run?: RunSettings | undefined;
  /** How many steps may run at the same time. */
  readonly parallel: number;
  /** Caches elsewhere, to read and to write. */
  readonly caches?: BuildCaches | undefined;
}

/** What a build works with. */
export interface BuildParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  readonly executor: () => Promise<Executor>;
  /** Throws when there is no such image. Layers that it leaves out are offered to `supply`. */
  readonly resolve: (supply: LayerSupply) => ResolveBase;
  /** For outputs that are pushed. */
  readonly registry?: OpenRegistry | undefined;
}

/** What came out. */
export interface Built extends Finished {
  readonly steps: number;
  readonly cached: number;
}

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
  if (input.outputs || input.annotations) {
    const { checkOutputs } = await import('./output/check-outputs.ts');
    checkOutputs({ ...input, several: isSeveral(input) });
  }
  const report = reporter(call.progress);
  let dockerfile: DockerfileInput;
  {
    using task = report.begin('[internal] load build definition from Dockerfile', {
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
  const solver = new Solver(
    {
      store,
      snapshotter,
      supply,
      recipe: located(
        recipeFor(contexts.get, remotes, snapshotter, input.sourceDateEpoch),
        dockerfile,
      ),
      run: runner(
        input,
        targets,
        contexts.get,
        remotes,
        leases.get,
        parts,
        dockerfile,
        call.signal,
        caches,
      ),
      lease: leases.get,
      ...(caches?.imported && { imported: caches.imported }),
      why: whyLoader(input, store, targets, caches?.imported),
      explain: input.explain === true,
      forget: input.forget === true,
      ...(input.assertCached === true && {
        refuse: (vertex, reason) => notCached(vertex, reason, dockerfile),
      }),
    },
    call,
    input.parallel,
  );
  const results = await solver.solve(targets);
  if (needsLayers(input)) {
    for (const result of results) await supply.ensure(result.layers, call);
  }
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
    images.push({ platform, config: { ...config, ...more }, solved: result, base });
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
    { store, snapshotter, lease: leases.get, registry: parts.registry, supply },
    call,
  );
  const used = solver.tally.hits;
  if (used.length > 0) {
    const now = store.clock.now().getTime();
    store.note(({ cache }) => cache.touch(used, now));
  }
  if (solved) await caches.export(solved);
  return { ...finished, steps: solver.tally.steps, cached: solver.tally.cached };
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

/** The platform of the image that a step stands on, when it is not this machine's. */
function foreignPlatform(vertex: Vertex, own: Platform): string | undefined {
  let below: Vertex | undefined = vertex;
  while (below && below.op.kind !== 'image') below = below.base;
  if (below?.op.kind !== 'image') return undefined;
  const { platform } = below.op;
  return platform.architecture === own.architecture ? undefined : formatPlatform(platform);
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

/** Runs the op of a vertex; what goes wrong there points at its lines. */
function runner(
  input: Dated<BuildInput>,
  targets: readonly (Vertex | undefined)[],
  contexts: Contexts,
  remotes: RemoteSources,
  lease: () => Lease,
  parts: BuildParts,
  dockerfile: DockerfileInput,
  signal: AbortSignal | undefined,
  caches: CacheSession | undefined,
): Runner {
  const { store, snapshotter } = parts;
  const opParts: ExecParts = {
    snapshotter,
    remotes,
    lease,
    executor: parts.executor,
    another: runsLeft(targets),
    contexts,
    paths: store.paths,
    settings: input.run,
    restoreMount: caches && ((...mount) => caches.restoreMount(...mount)),
    now: () => BigInt(store.clock.now().getTime()) * 1_000_000n,
    clamp:
      input.sourceDateEpoch === undefined
        ? undefined
        : BigInt(input.sourceDateEpoch) * 1_000_000_000n,
  };
  // A shell is not for the failure of another step to end.
  const failed = ({ name }: Vertex): Pick<ExecParts, 'failed'> => {
    const tell = input.failed;
    return tell ? { failed: { tell: (step) => tell({ ...step, name }), signal } } : {};
  };
  return async (vertex, base, inputs, task, call) => {
    try {
      const { op } = vertex;
      switch (op.kind) {
        // Loaded when something has to run: a rebuild from the cache needs none of it.
        case 'exec': {
          if (op.platform.architecture !== input.buildPlatform.architecture) {
            (await import('./ops/foreign.ts')).requireRunnable(op.platform);
          }
          const { runExec } = await import('./ops/exec.ts');
          const foreign = foreignPlatform(vertex, input.buildPlatform);
          const more = { ...opParts, ...failed(vertex), ...(foreign !== undefined && { foreign }) };
          return await runExec(op, base.layers, inputs, more, task, call);
        }
        case 'mkdir': {
          const { runMkdir } = await import('./ops/copy.ts');
          return await runMkdir(op, base.layers, opParts, call);
        }
        case 'copy': {
          const { runCopy } = await import('./ops/copy.ts');
          const files =
            op.paths.length === 0
              ? undefined
              : op.from === 'input'
                ? stackSource(snapshotter, inputs[0]?.layers ?? [])
                : await requireContext(contexts, op);
          const place = vertex.span && `${dockerfile.name}:${vertex.span.start.line}`;
          const warn: ExecParts['warn'] = (warning) =>
            reporter(call.progress).warn({ ...warning, ...(place !== undefined && { place }) });
          const more = { ...opParts, warn };
          return await runCopy(op, files, base.layers, more, call);
        }
        default:
          throw new TypeError('a base image is not run');
      }
    } catch (error) {
      const full = isErrno(error, 'ENOSPC', 'EDQUOT');
      const known = full ? new DiskFullError(store.paths.root, error) : error;
      throw pointed(known, vertex.span, dockerfile);
    }
  };
}

/** Tells each RUN that begins whether there is another one that has not. */
function runsLeft(targets: readonly (Vertex | undefined)[]): () => boolean {
  let left: number | undefined;
  return () => {
    left ??= [...verticesOf(targets)].filter(({ op }) => op.kind === 'exec').length;
    return (left -= 1) > 0;
  };
}

function located(
  recipe: ReturnType<typeof recipeFor>,
  dockerfile: DockerfileInput,
): ReturnType<typeof recipeFor> {
  const at = async <T>(vertex: Vertex, body: () => Promise<T>): Promise<T> => {
    try {
      return await body();
    } catch (error) {
      throw pointed(error, vertex.span, dockerfile);
    }
  };
  return {
    facts: (vertex, call) => at(vertex, () => recipe.facts(vertex, call)),
    contentFacts: (vertex, inputs, call) =>
      at(vertex, () => recipe.contentFacts(vertex, inputs, call)),
  };
}

/** A lease that is taken when the first thing has to be kept: a cached rebuild takes none. */
function lazyLease(store: Store): Disposable & { readonly get: () => Lease } {
  let lease: Lease | undefined;
  return {
    get: () => (lease ??= store.lease('build')),
    [Symbol.dispose]: () => lease?.[Symbol.dispose](),
  };
}
