import type { CallOptions } from '../../base/progress.ts';
import type { LayerWatch } from '../../layer/layer-stream.ts';
import type { DiffId } from '../../oci/digest.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';
import type { LayerSupply } from '../../transport/layer-supply.ts';
import type { StageState } from '../frontend/state.ts';
import type { Vertex } from '../graph.ts';
import type { DockerfileInput } from '../inputs.ts';
import type { Outcome, Solved } from '../solver-parts.ts';
import { ownSteps, verticesOf } from '../vertices.ts';
import { leaksIn } from './document.ts';
import { givenTo, type LeakInput } from './given.ts';
import { haystack, needleOf, type Haystack, type Needle } from './needle.ts';
import { leakError, type Leak } from './tell.ts';
import { leakWatch, type Place } from './watch.ts';

/** What a guard works with. */
export interface GuardParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  readonly supply: LayerSupply;
  readonly dockerfile: DockerfileInput;
  /** One for each platform. */
  readonly targets: readonly (Vertex | undefined)[];
  /** Results of all stages leave this machine: a cache elsewhere gets them. */
  readonly sharesAll: boolean;
}

/** A guard for what a build was given; undefined when none of it can be searched for. */
export function guardOf(input: LeakInput, parts: GuardParts): LeakGuard | undefined {
  const needles = givenTo(input).flatMap((given) => needleOf(given, parts.store.id) ?? []);
  return needles.length === 0 ? undefined : new LeakGuard(needles, parts);
}

/**
 * Sees to it that nothing a build was given to keep to itself comes out in its result. Layers
 * are searched while they are written, with the bytes that are hashed; one that was made
 * earlier is read once, and the store remembers for which values that was done.
 *
 * A secret must not get into any layer, because the build cache keeps all of them; an argument
 * not into those that leave the build. Layers of base images are not this build's.
 */
export class LeakGuard {
  readonly #parts: GuardParts;
  readonly #all: Haystack;
  readonly #secrets: Haystack | undefined;
  readonly #leaving: ReadonlySet<Vertex>;
  readonly #piles = new Map<string, Haystack>();
  /** Layers of this build, with the keys of the needles that are not in them. */
  readonly #clean = new Map<DiffId, Set<string>>();

  constructor(needles: readonly Needle[], parts: GuardParts) {
    this.#parts = parts;
    this.#all = haystack(needles);
    const secrets = needles.filter(({ kind }) => kind !== 'argument');
    this.#secrets = secrets.length === 0 ? undefined : this.#pile(secrets);
    this.#leaving = parts.sharesAll ? verticesOf(parts.targets) : chains(parts.targets);
  }

  /** Searches the layer that a step is about to make. It throws SecretLeakError. */
  watch(vertex: Vertex): LayerWatch | undefined {
    const pile = this.#searchedIn(vertex);
    return pile && this.#watch(pile, vertex, false);
  }

  /** The layer of a step was watched, and is one. */
  made(vertex: Vertex, layer: DiffId): void {
    const pile = this.#searchedIn(vertex);
    if (pile) this.#note(layer, pile.needles);
  }

  /** Searches what earlier builds made of a target's layers. Throws SecretLeakError. */
  async result(target: Vertex | undefined, { layers }: Solved, call: CallOptions): Promise<void> {
    const steps = ownSteps(target);
    const own = layers.slice(layers.length - steps.length);
    for (const [at, layer] of own.entries()) await this.#layer(layer, steps[at], call);
  }

  /** Searches what a cache elsewhere gets of all stages. Throws SecretLeakError. */
  async results(outcomes: readonly Outcome[], call: CallOptions): Promise<void> {
    if (!this.#parts.sharesAll) return;
    for (const { vertex, solved } of outcomes) await this.result(vertex, solved, call);
  }

  /** Searches what of an image's config is known before anything runs. Throws SecretLeakError. */
  planned({ config, scope, document, history }: StageState): void {
    this.config({
      ...document,
      config: { ...config, Env: scope.imageEnv() },
      rootfs: { type: 'layers', diff_ids: [] },
      history: history.map(({ entry }) => entry),
    });
  }

  /** Searches the config of an image. Throws SecretLeakError. */
  config(config: ImageConfig): void {
    for (const found of leaksIn(config, this.#all, this.#parts.dockerfile.text.toString())) {
      this.#fail({ ...found });
    }
  }

  /** Searches a document that goes out with the image. Throws SecretLeakError. */
  document(name: string, bytes: Uint8Array): void {
    const hit = this.#all.search.find(bytes);
    if (!hit) return;
    const finding = this.#all.meaning(hit.pattern);
    this.#fail({ ...finding, where: name, instruction: undefined, span: undefined });
  }

  /** Searches files that go out, such as those of a cache mount. It throws SecretLeakError. */
  files(name: string): LayerWatch {
    return leakWatch(this.#all, (finding, place) =>
      this.#fail({
        ...finding,
        where: `${shown(place)} in ${name}`,
        instruction: undefined,
        span: undefined,
      }),
    );
  }

  #searchedIn(vertex: Vertex): Haystack | undefined {
    return this.#leaving.has(vertex) ? this.#all : this.#secrets;
  }

  async #layer(layer: DiffId, vertex: Vertex | undefined, call: CallOptions): Promise<void> {
    const { store, snapshotter, supply } = this.#parts;
    const known = this.#clean.get(layer);
    const left = this.#all.needles.filter(({ key }) => known?.has(key) !== true);
    if (left.length === 0) return;
    const needles = store.read(({ searched }) =>
      left.filter(({ key }) => !searched.has(layer, key)),
    );
    if (needles.length === 0) return;
    await supply.ensure([layer], call);
    await snapshotter.walk(layer, this.#watch(this.#pile(needles), vertex, true), call);
    this.#note(layer, needles);
  }

  #note(layer: DiffId, needles: readonly Needle[]): void {
    const known = this.#clean.get(layer) ?? new Set();
    this.#clean.set(layer, known);
    for (const { key } of needles) known.add(key);
    this.#parts.store.note(({ searched }) => {
      for (const { key } of needles) searched.put(layer, key);
    });
  }

  /** Needles that are searched for together. */
  #pile(needles: readonly Needle[]): Haystack {
    const name = needles.map(({ key }) => key).join();
    const known = this.#piles.get(name) ?? haystack(needles);
    this.#piles.set(name, known);
    return known;
  }

  #watch(pile: Haystack, vertex: Vertex | undefined, cached: boolean): LayerWatch {
    return leakWatch(pile, (finding, place) =>
      this.#fail({
        ...finding,
        where: shown(place),
        instruction: vertex?.instruction.split(' ', 1)[0],
        span: vertex?.span,
        cached,
      }),
    );
  }

  #fail(leak: Leak): never {
    throw leakError(leak, this.#all, this.#parts.dockerfile);
  }
}

/** A place as it is called in messages. */
function shown({ path, part }: Place): string {
  const name = `/${Buffer.from(path).toString()}`.replace(/\p{Cc}/gu, '?');
  return part === 'content' ? name : `the ${part} of ${name}`;
}

/** Vertices that give the targets their layers. */
function chains(targets: readonly (Vertex | undefined)[]): ReadonlySet<Vertex> {
  const all = new Set<Vertex>();
  for (const target of targets) for (let at = target; at; at = at.base) all.add(at);
  return all;
}
