import { rfc3339Nano } from '../base/clock.ts';
import type { ContainerConfig, History, ImageConfig } from '../oci/image-config.ts';
import type { StageState } from './frontend/state.ts';
import type { ImageSteps } from '../store/tables.ts';
import type { Solved } from './solver-parts.ts';
import type { Vertex } from './graph.ts';

/** What the final document is made with. */
export interface ImageOptions {
  /** Of the command line: they win over every LABEL. */
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch that later times become. */
  readonly clamp: number | undefined;
  /** For images without any layer. */
  readonly now: number;
  /** When the layer of a vertex was made, in milliseconds since the epoch. */
  readonly madeAt: (vertex: Vertex) => number;
}

/**
 * The image config of a finished stage. Times of history entries are those of their layers;
 * entries without one take the time of the layer before, or of the first new layer: so a
 * rebuild from the cache gives the same image ID.
 */
export function imageConfig(state: StageState, result: Solved, options: ImageOptions): ImageConfig {
  const history = datedHistory(state, options);
  const created =
    history.at(-1)?.created ?? rfc3339Nano(new Date(clamped(options.now, options.clamp)));
  return {
    ...state.document,
    created,
    config: finalConfig(state, options.labels),
    rootfs: { type: 'layers', diff_ids: [...result.layers] },
    history,
  };
}

/** Which lines of the Dockerfile called `file` made the history of a finished stage. */
export function imageSteps({ history }: StageState, file: string): ImageSteps {
  const own = history.filter(({ inherited }) => !inherited);
  return {
    file,
    inherited: history.length - own.length,
    lines: own.map(({ span }) => (span ? [span.start.line, span.end.line] : null)),
  };
}

function datedHistory(state: StageState, options: ImageOptions): History[] {
  const made = (vertex: Vertex): string =>
    rfc3339Nano(new Date(clamped(options.madeAt(vertex), options.clamp)));
  const firstNew = state.history.find((step) => step.vertex && !step.inherited)?.vertex;
  const inherited = state.history.findLast((step) => step.inherited && step.entry.created)?.entry
    .created;
  let last =
    firstNew === undefined
      ? (inherited ?? rfc3339Nano(new Date(clamped(options.now, options.clamp))))
      : made(firstNew);
  return state.history.map(({ entry, vertex, inherited: old }) => {
    if (old) return entry;
    if (vertex) last = made(vertex);
    return { created: last, ...entry };
  });
}

/** The `config` member: empty members are left out, as the builder everybody knows does. */
function finalConfig(state: StageState, labels: Readonly<Record<string, string>>): ContainerConfig {
  const merged = { ...state.config.Labels, ...labels };
  const { Labels: _labels, Env: _env, ...rest } = state.config;
  return {
    ...rest,
    Env: state.scope.imageEnv(),
    ...(Object.keys(merged).length > 0 && { Labels: merged }),
  };
}

function clamped(time: number, limit: number | undefined): number {
  return limit === undefined ? time : Math.min(time, limit);
}
