import { DiskFullError, isErrno } from '../base/errors.ts';
import { reporter } from '../base/reporter.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';
import type { Lease } from '../store/store.ts';
import type { BuildInput, BuildParts } from './build-input.ts';
import type { CacheSession } from './cache/session.ts';
import { stackSource } from './copy/stack-source.ts';
import type { Dated } from './date/source-date.ts';
import { pointed } from './explained.ts';
import type { Vertex } from './graph.ts';
import type { DockerfileInput } from './inputs.ts';
import type { LeakGuard } from './leaks/guard.ts';
import type { ExecParts } from './ops/exec.ts';
import { requireContext, type Contexts } from './ops/recipe.ts';
import type { Runner } from './solver-parts.ts';
import type { RemoteSources } from './sources/remote-sources.ts';
import { verticesOf } from './vertices.ts';

/** What {@link runner} works with. */
export interface RunnerParts extends Pick<BuildParts, 'store' | 'snapshotter' | 'executor'> {
  readonly contexts: Contexts;
  readonly remotes: RemoteSources;
  readonly targets: readonly (Vertex | undefined)[];
  readonly lease: () => Lease;
  readonly caches: CacheSession | undefined;
  /** Looks at what steps write, where the build was given something to keep to itself. */
  readonly guard: LeakGuard | undefined;
}

/** Runs the op of a vertex; what goes wrong there points at its lines. */
export function runner(
  input: Dated<BuildInput>,
  dockerfile: DockerfileInput,
  { store, snapshotter, executor, contexts, remotes, targets, lease, caches, guard }: RunnerParts,
  signal: AbortSignal | undefined,
): Runner {
  const opParts: ExecParts = {
    snapshotter,
    remotes,
    lease,
    executor,
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
  const run: Runner = async (vertex, base, inputs, task, call) => {
    try {
      const { op } = vertex;
      const watch = guard?.watch(vertex);
      switch (op.kind) {
        // Loaded when something has to run: a rebuild from the cache needs none of it.
        case 'exec': {
          if (op.platform.architecture !== input.buildPlatform.architecture) {
            (await import('./ops/foreign.ts')).requireRunnable(op.platform);
          }
          const { runExec } = await import('./ops/exec.ts');
          const foreign = foreignPlatform(vertex, input.buildPlatform);
          const more = {
            ...opParts,
            ...failed(vertex),
            ...(foreign !== undefined && { foreign }),
            watch,
          };
          return await runExec(op, base.layers, inputs, more, task, call);
        }
        case 'mkdir': {
          const { runMkdir } = await import('./ops/copy.ts');
          return await runMkdir(op, base.layers, { ...opParts, watch }, call);
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
          const more = { ...opParts, warn, watch };
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
  return async (vertex, ...rest) => {
    const layer = await run(vertex, ...rest);
    guard?.made(vertex, layer);
    return layer;
  };
}

/** Tells each RUN that begins whether there is another one that has not. */
function runsLeft(targets: RunnerParts['targets']): () => boolean {
  let left: number | undefined;
  return () => {
    left ??= [...verticesOf(targets)].filter(({ op }) => op.kind === 'exec').length;
    return (left -= 1) > 0;
  };
}

/** The platform of the image that a step stands on, when it is not this machine's. */
function foreignPlatform(vertex: Vertex, own: Platform): string | undefined {
  let below: Vertex | undefined = vertex;
  while (below && below.op.kind !== 'image') below = below.base;
  if (below?.op.kind !== 'image') return undefined;
  const { platform } = below.op;
  return platform.architecture === own.architecture ? undefined : formatPlatform(platform);
}
