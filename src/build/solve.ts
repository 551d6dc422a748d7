import { elapsed } from '../base/clock.ts';
import { limiter } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import { reporter, type Task } from '../base/reporter.ts';
import { chainId, chainOn, type ChainId, type DiffId } from '../oci/digest.ts';
import { baseKey } from './cache/base-key.ts';
import { cacheKey, type CacheKey, type Fact } from './cache/key.ts';
import { instructionText, standsOn } from './cache/text.ts';
import { BuildError } from './errors.ts';
import { landed, type Flights } from './flights.ts';
import { hitReason, reasonOf } from './step-words.ts';
import type { Vertex } from './graph.ts';
import { readFacts } from './ops/read-facts.ts';
import { Records } from './records.ts';
import { downstream, isAsked, isFresh, sourceOf } from './solver-parts.ts';
import type { Found, Keyed, Outcome, Solved, SolverParts, SolverTally } from './solver-parts.ts';

const EMPTY: Solved = { chain: undefined, layers: [], createdAt: 0 };
/** The key of an empty root. */
const SCRATCH = 'scratch';

/**
 * Decides what must run. Keys are asked for from the target downwards and need no results,
 * except where a step reads another stage: first by that stage's key, and only when that
 * misses by the content it would read. A result is a whole stack, so a hit at the end needs
 * nothing of the middle.
 */
export class Solver {
  readonly tally: SolverTally = { steps: 0, cached: 0, hits: [] };
  readonly #parts: SolverParts;
  readonly #records: Records;
  readonly #call: CallOptions;
  readonly #keys = new Map<Vertex, Promise<Keyed>>();
  readonly #results = new Map<Vertex, Promise<Solved>>();
  readonly #begun: Promise<unknown>[] = [];
  readonly #slots: ReturnType<typeof limiter>;
  readonly #stop = new AbortController();
  #failure: { readonly reason: unknown } | undefined;
  /** Stacks that records gave, as long as nothing had to run. */
  #found: ChainId[] | undefined = [];

  constructor(parts: SolverParts, call: CallOptions, parallel: number) {
    this.#parts = parts;
    this.#records = new Records(parts);
    const signals = call.signal ? [call.signal, this.#stop.signal] : [this.#stop.signal];
    this.#call = { ...call, signal: AbortSignal.any(signals) };
    this.#slots = limiter(parallel);
  }

  /**
   * The results of vertices; of nothing, an empty root. The first step that fails stops the
   * others, and is what is thrown when none runs any more.
   */
  async solve(targets: readonly (Vertex | undefined)[]): Promise<Solved[]> {
    try {
      const results = await Promise.all(targets.map((target) => this.#result(target)));
      // What was begun early and turned out not to be needed ends here, too.
      this.#stop.abort();
      return results;
    } catch (error) {
      this.#fail(error);
      throw this.#failure?.reason ?? error;
    } finally {
      await Promise.allSettled([...this.#begun, ...this.#keys.values(), ...this.#results.values()]);
    }
  }

  /**
   * When the layer of a step was made, for a step that the solved target stands on; undefined
   * where its record is gone. Runs nothing.
   */
  async madeAt(vertex: Vertex): Promise<number | undefined> {
    const made = this.#results.get(vertex);
    return (made ? await made : (await this.#key(vertex)).hit)?.createdAt;
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#stop.abort(reason);
  }

  #result(vertex: Vertex | undefined): Promise<Solved> {
    if (vertex === undefined) return Promise.resolve(EMPTY);
    let result = this.#results.get(vertex);
    if (!result) this.#results.set(vertex, (result = this.#solve(vertex)));
    return result;
  }

  async #solve(vertex: Vertex): Promise<Solved> {
    const keyed = await this.#key(vertex);
    if (keyed.hit) return keyed.hit;
    const [base, inputs] = await Promise.all([this.#result(vertex.base), this.#inputs(vertex)]);
    const make = (): Promise<Solved> => this.#slots(() => this.#make(vertex, keyed, base, inputs));
    const { flights, forget } = this.#parts;
    if (!flights || forget || isAsked(vertex)) return await make();
    return await this.#shared(vertex, keyed, flights, make);
  }

  /** What a build that runs this very step now gets, or else what running it gives. */
  async #shared(
    vertex: Vertex,
    { own, ingredients }: Keyed,
    flights: Flights,
    make: () => Promise<Solved>,
  ): Promise<Solved> {
    for (let other = flights.get(own); other; other = flights.get(own)) {
      await landed(other, this.#call.signal);
      const found = await this.#records.find(own);
      if (!found) continue;
      const { hit } = await this.#hit(vertex, { key: own, ingredients }, own, found, '');
      if (hit) return hit;
    }
    // Nothing is awaited from the last look to here: no two builds find the place free.
    const work = make();
    flights.set(own, work);
    try {
      return await work;
    } finally {
      if (flights.get(own) === work) flights.delete(own);
    }
  }

  #inputs(vertex: Vertex): Promise<Solved[]> {
    return Promise.all(vertex.inputs.map((input) => this.#result(input)));
  }

  #key(vertex: Vertex): Promise<Keyed> {
    let keyed = this.#keys.get(vertex);
    if (!keyed) this.#keys.set(vertex, (keyed = this.#keyOf(vertex)));
    return keyed;
  }

  async #keyOf(vertex: Vertex): Promise<Keyed> {
    const { op } = vertex;
    if (op.kind === 'image') return this.#image(vertex);
    // Stages that have to run begin now, not when the steps that read them are reached.
    for (const input of vertex.inputs) this.#begin(input, vertex);
    const parent = vertex.base ? (await this.#key(vertex.base)).key : SCRATCH;
    // A linked copy does not depend on what it lies on: its record is good anywhere.
    const linked = op.kind === 'copy' && op.link;
    const on: Fact[] = linked
      ? []
      : [{ kind: 'parent', name: '', value: parent, text: standsOn(vertex) }];
    const secret = this.#parts.store.id;
    const facts = (await this.#parts.recipe.facts(vertex, this.#call)).map((fact) =>
      fact.kind === 'instruction' ? { ...fact, text: instructionText(vertex) } : fact,
    );
    if (vertex.inputs.length === 0) {
      const own = cacheKey(op.kind, [...on, ...facts], secret);
      return this.#known(vertex, own, undefined, parent);
    }
    const inputs = await Promise.all(vertex.inputs.map((input) => this.#asRead(input)));
    const read = [...readFacts(op), ...inputs];
    const alias = cacheKey(`${op.kind} by definition`, [...on, ...facts, ...read], secret);
    const quick = isFresh(vertex) ? undefined : await this.#records.find(alias.key);
    if (quick) return this.#hit(vertex, alias, quick.canonicalKey ?? alias.key, quick, parent);
    if (vertex.base) this.#begin(vertex.base);
    const results = await this.#inputs(vertex);
    for (const { layers } of results) await this.#parts.supply.ensure(layers, this.#call);
    const content = await this.#parts.recipe.contentFacts(vertex, results, this.#call);
    return this.#known(
      vertex,
      cacheKey(op.kind, [...on, ...facts, ...content], secret),
      alias,
      parent,
    );
  }

  /** An input by its key alone, whatever a step reads of it. */
  async #asRead(input: Vertex): Promise<Fact> {
    const { key } = await this.#key(input);
    return { kind: 'parent', name: input.stage, value: key, unnamed: true };
  }

  /**
   * Starts on a vertex that no record answers; whoever needs it will wait for it. Not when
   * `reader`, a step that reads it, has done so before: then its record may be all
   * that is needed.
   */
  #begin(vertex: Vertex, reader?: Vertex): void {
    const begun = this.#key(vertex)
      .then(async (keyed) => {
        if (
          keyed.hit ||
          (reader && !isFresh(reader) && (await this.#records.wasRead(vertex, keyed.key, reader)))
        ) {
          return undefined;
        }
        return this.#result(vertex);
      })
      .catch((error: unknown) => this.#fail(error));
    this.#begun.push(begun);
  }

  async #known(
    vertex: Vertex,
    own: CacheKey,
    alias: CacheKey | undefined,
    parent: string,
  ): Promise<Keyed> {
    const found = isAsked(vertex) ? undefined : await this.#records.find(own.key);
    if (!found) {
      return {
        key: downstream(vertex, own.key, parent),
        own: own.key,
        ingredients: own.ingredients,
        ...(own.lists && { lists: own.lists }),
        ...(alias && { alias }),
      };
    }
    if (alias && found.from === undefined) {
      const { chain, took, createdAt } = found;
      this.#records.remember(vertex, alias, { chain, took, createdAt, canonicalKey: own.key });
    }
    return this.#hit(vertex, own, own.key, found, parent, alias);
  }

  async #hit(
    vertex: Vertex,
    own: CacheKey,
    canonical: string,
    found: Found,
    parent: string,
    alias?: CacheKey,
  ): Promise<Keyed> {
    const result = await this.#stacked(vertex, found);
    this.#keep(result);
    this.tally.steps += 1;
    this.tally.cached += 1;
    using task = reporter(this.#call.progress).begin(vertex.name, { kind: 'step' });
    if (found.from !== undefined) task.note(`cached from ${found.from}`);
    task.outcome = 'cached';
    if (this.#parts.explain) {
      const { createdAt, took } = found;
      const reason = hitReason({ key: canonical, createdAt, took });
      task.note(reason.text, reason);
    }
    this.tally.hits.push(...new Set([own.key, canonical]));
    return {
      key: downstream(vertex, canonical, parent),
      own: canonical,
      ingredients: own.ingredients,
      hit: result,
      ...(own.key !== canonical ? { alias: own } : alias && { alias }),
    };
  }

  /** A remembered result as this vertex's: a linked copy is put on its own base. */
  async #stacked(vertex: Vertex, { chain, layers, createdAt }: Found): Promise<Solved> {
    if (vertex.op.kind !== 'copy' || !vertex.op.link) return { chain, layers, createdAt };
    const base = await this.#result(vertex.base);
    return this.#onto(base, layers.at(-1)!, createdAt, vertex);
  }

  #onto(base: Solved, layer: DiffId, createdAt: number, vertex: Vertex): Solved {
    const layers = [...base.layers, layer];
    // What is not here yet gets its name when it comes.
    if (!this.#parts.store.read((tables) => tables.layers.get(layer))) {
      return { chain: chainOn(base.chain, layer), layers, createdAt };
    }
    const chain = this.#parts.snapshotter.name(layer, base.chain, sourceOf(vertex));
    return { chain, layers, createdAt };
  }

  #image(vertex: Vertex): Keyed {
    if (vertex.op.kind !== 'image') throw new TypeError('not a base image');
    const { layers } = vertex.op;
    using task = reporter(this.#call.progress).begin(vertex.name, { kind: 'step' });
    task.outcome = 'cached';
    if (this.#parts.explain) task.note(`the image ${vertex.op.manifest}`);
    if (!this.#parts.supply.reaches(layers))
      throw new BuildError(`layers of ${vertex.op.reference} are missing in the store`, {
        hint: "Run 'stave system check' to see what is damaged.",
      });
    const { key, ingredients } = baseKey(vertex.op);
    return {
      key,
      own: key,
      ingredients,
      hit: { chain: chainId(layers), layers, createdAt: 0 },
    };
  }

  async #make(
    vertex: Vertex,
    keyed: Keyed,
    base: Solved,
    inputs: readonly Solved[],
  ): Promise<Solved> {
    const reason = (await this.#parts.why()).of(vertex, keyed);
    this.#call.signal?.throwIfAborted();
    if (this.#parts.refuse) throw this.#parts.refuse(vertex, reason);
    using task = reporter(this.#call.progress).begin(vertex.name, { kind: 'step' });
    this.tally.steps += 1;
    task.note(`runs: ${reason.text}`, reason);
    const found = this.#found ?? [];
    this.#found = undefined;
    for (const chain of found) this.#parts.lease().hold('chain', chain);
    for (const one of [base, ...inputs]) {
      await this.#parts.supply.ensure(one.layers, this.#call);
      this.#hold(one);
    }
    const began = elapsed();
    const layer = await this.#run(vertex, base, inputs, task);
    const createdAt = this.#parts.store.clock.now().getTime();
    const result = this.#onto(base, layer, createdAt, vertex);
    const took = Math.round(elapsed() - began);
    const linked = vertex.op.kind === 'copy' && vertex.op.link;
    const chain = linked
      ? this.#parts.snapshotter.name(layer, undefined)
      : (result.chain ?? chainOn(undefined, layer));
    const { own, alias } = keyed;
    const made = { chain, took, createdAt };
    this.#records.remember(vertex, { ...keyed, key: own }, made);
    if (alias) this.#records.remember(vertex, alias, { ...made, canonicalKey: own });
    task.outcome = 'done';
    return result;
  }

  /**
   * A build that only asks records is over soon. Once something runs, what they gave is kept
   * from whoever cleans up meanwhile.
   */
  #keep({ chain }: Solved): void {
    if (chain === undefined) return;
    if (this.#found) this.#found.push(chain);
    else this.#parts.lease().hold('chain', chain);
  }

  /** Keeps a stack from the collector while something is made of it; then looks that it is there. */
  #hold({ chain }: Solved): void {
    if (chain === undefined) return;
    this.#parts.lease().hold('chain', chain);
    if (this.#parts.snapshotter.stack(chain)) return;
    throw new BuildError('layers that this build stands on were removed while it ran');
  }

  async #run(vertex: Vertex, base: Solved, inputs: readonly Solved[], task: Task): Promise<DiffId> {
    try {
      return await this.#parts.run(vertex, base, inputs, task, this.#call);
    } catch (error) {
      if (this.#call.signal?.aborted) task.outcome = 'canceled';
      else task.error = reasonOf(error);
      this.#fail(error);
      throw error;
    }
  }

  /**
   * Every step that has been keyed and has a result, with the keys of its records. Call it
   * after {@link solve}; runs nothing.
   */
  async outcomes(): Promise<Outcome[]> {
    const all: Outcome[] = [];
    for (const [vertex, promise] of this.#keys) {
      // What was begun early and not needed has ended without a result.
      const keyed = await promise.catch(() => undefined);
      const solved = keyed?.hit ?? (await this.#results.get(vertex)?.catch(() => undefined));
      if (keyed && solved) all.push({ vertex, keyed, solved });
    }
    return all;
  }
}
