import type { CallOptions, StepReason } from '../base/progress.ts';
import type { Task } from '../base/reporter.ts';
import type { ChainId, Digest, DiffId } from '../oci/digest.ts';
import type { LayerSource, Snapshotter } from '../snapshot/snapshotter.ts';
import type { Lease, Store } from '../store/store.ts';
import type { LayerSupply } from '../transport/layer-supply.ts';
import type { SharedRecord } from './cache/document.ts';
import type { CacheKey, Fact } from './cache/key.ts';
import type { Why } from './cache/why.ts';
import type { Flights } from './flights.ts';
import type { Vertex } from './graph.ts';

/** What is known of a vertex once its key is: enough to key what builds on it. */
export interface Keyed {
  /** What later steps put into their keys. */
  readonly key: string;
  /** The key that the result is remembered under. */
  readonly own: string;
  /** There when a remembered result fits; then nothing needs to be done. */
  readonly hit?: Solved;
  readonly ingredients: CacheKey['ingredients'];
  /** What content digests among the ingredients were made of; kept for steps that have to run. */
  readonly lists?: CacheKey['lists'];
  /** A second key under which the result is remembered too. */
  readonly alias?: CacheKey;
}

/** The result of a vertex: a stack of layers. */
export interface Solved {
  readonly chain: ChainId | undefined;
  readonly layers: readonly DiffId[];
  /** When its layer was made, in milliseconds since the epoch. */
  readonly createdAt: number;
}

/** A remembered result, of this store or of an imported cache. */
export interface Found {
  readonly chain: ChainId;
  /** Bottom first. Those of an imported record need not be in the store. */
  readonly layers: readonly DiffId[];
  /** The key that later steps build on when it is not the one that was asked for. */
  readonly canonicalKey?: string;
  readonly createdAt: number;
  /** Milliseconds. */
  readonly took: number;
  /** The cache it was imported from, for people. */
  readonly from?: string;
}

/** Records that came with `--cache-from`. */
export interface ImportedRecords {
  /** A record whose layers can be had. Waits until the caches have been read. */
  find(key: string): Promise<Found | undefined>;
  /** Whether a record was made from an input whose key has this digest. */
  wasRead(key: Digest): Promise<boolean>;
  /** All of them, for comparing: places without the Dockerfile's path, arguments without digests. */
  all(): Promise<readonly SharedRecord[]>;
}

/** A step of a finished build with its result. */
export interface Outcome {
  readonly vertex: Vertex;
  readonly keyed: Keyed;
  readonly solved: Solved;
}

/** What runs a vertex that no record answers. Returns the new layer. */
export type Runner = (
  vertex: Vertex,
  base: Solved,
  inputs: readonly Solved[],
  task: Task,
  call: CallOptions,
) => Promise<DiffId>;

/** How a vertex is keyed. Facts leave out the parent, which the solver adds. */
export interface Recipe {
  /** From the definition alone, or with the content of the build context. */
  facts(vertex: Vertex, call: CallOptions): Promise<readonly Fact[]>;
  /** For steps that read other stages: from the content they would take of each. */
  contentFacts(
    vertex: Vertex,
    inputs: readonly Solved[],
    call: CallOptions,
  ): Promise<readonly Fact[]>;
}

/** What the solver works with. */
export interface SolverParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  readonly supply: LayerSupply;
  readonly recipe: Recipe;
  readonly run: Runner;
  /** Made when the first step has to run. */
  readonly lease: () => Lease;
  /** Says why a step has to run; loaded when the first one has to. */
  readonly why: () => Promise<Why>;
  /** Say of remembered results, too, where they come from. */
  readonly explain: boolean;
  /** Remember no result. */
  readonly forget: boolean;
  /** Nothing may run: the first step that has to is an error, made of it and the reason. */
  readonly refuse?: (vertex: Vertex, reason: StepReason) => Error;
  /** Of all builds of the process. */
  readonly flights?: Flights;
  /** Asked where the store has no record. */
  readonly imported?: ImportedRecords;
}

/** Counts of a finished build. */
export interface SolverTally {
  steps: number;
  cached: number;
  /** Keys of the records that were used. */
  readonly hits: string[];
}

/** The place of records whose keys are made without looking at any content. */
export function byDefinition(vertex: Vertex): string {
  return `${vertex.place}\0by definition`;
}

/** Which instruction a vertex's layer comes from. */
export function sourceOf({ instruction, span, place }: Vertex): LayerSource {
  const [file] = place.split('\0');
  if (!span || file === undefined) return { instruction };
  return { instruction, file, lines: [span.start.line, span.end.line] };
}

/** What a step hands on: a linked copy's own key says nothing of its base, so both are named. */
export function downstream(vertex: Vertex, own: string, parent: string): string {
  return vertex.op.kind === 'copy' && vertex.op.link ? `${parent}+${own}` : own;
}

/** Whether no record counts: of the step itself, or of what it stands on. */
export function isAsked({ uncached, base, op }: Vertex): boolean {
  const linked = op.kind === 'copy' && op.link;
  return uncached || (base !== undefined && !linked && isAsked(base));
}

/** The same, or it reads something that no record counts for: then only content tells. */
export function isFresh(vertex: Vertex): boolean {
  return isAsked(vertex) || vertex.inputs.some(isAsked);
}
