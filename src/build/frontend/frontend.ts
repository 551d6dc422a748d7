import { closest } from '../../base/suggest.ts';
import type { Dockerfile, FromInstruction, Stage, StageInstruction } from '../../dockerfile/ast.ts';
import { DockerfileError } from '../../dockerfile/errors.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import type { Vertex } from '../graph.ts';
import type { BaseImage, FrontendOptions, Plan } from './frontend-types.ts';
import { evaluateGlobals, fromPlatform } from './globals.ts';
import {
  applyInstruction,
  baseTrigger,
  type CopySource,
  type StageSetting,
} from './instructions.ts';
import { contextVertex } from './context-vertex.ts';
import { contextNamed, type FoundContext } from './named-context.ts';
import { evaluationOrder } from './order.ts';
import { nameOf, namedSource } from './source.ts';
import { StageIndex } from './stage-index.ts';
import { platformLabel } from './platforms.ts';
import { StageState } from './state.ts';
import type { Beginning } from './watcher.ts';
import { Words } from './words.ts';

/**
 * Evaluates what the target needs of a Dockerfile, and no more: other stages may be broken or
 * have no base image. Touches no file. Throws DockerfileError, which points at the line.
 */
export function evaluate(file: Dockerfile, options: FrontendOptions): Plan {
  return new Evaluation(file, options).target();
}

/**
 * As {@link evaluate}, for all stages, the target or not. What fails does not keep the others from being
 * looked at; returns the first failure.
 */
export function evaluateAll(
  file: Dockerfile,
  options: FrontendOptions,
): DockerfileError | undefined {
  return new Evaluation(file, options).all();
}

/** How many errors are passed over where all stages are looked at. */
const MOST_FAILURES = 100;
/** Characters that weigh as much as an entry of a list. */
const WEIGHT = 24;

class Evaluation {
  readonly #file: Dockerfile;
  readonly #options: FrontendOptions;
  readonly #globals: ReadonlyMap<string, string>;
  readonly #words: Words;
  readonly #done = new Map<number, StageState>();
  readonly #open = new Set<number>();
  readonly #index: StageIndex;
  readonly #used = new Set<string>();
  /** Where all stages are looked at. */
  #failures: DockerfileError[] | undefined;

  constructor(file: Dockerfile, options: FrontendOptions) {
    this.#file = file;
    this.#options = options;
    this.#words = new Words(file);
    this.#index = new StageIndex(file.stages);
    const target = this.#target();
    this.#globals = evaluateGlobals(file, target, {
      ...options,
      words: this.#words,
      used: this.#used,
    });
  }

  target(): Plan {
    const target = this.#target();
    const order = evaluationOrder(target, {
      stages: this.#file.stages,
      index: this.#index,
      base: (stage) => this.#attempt(stage),
      replaced: (name) => this.#contextNamed(name) !== undefined,
    });
    for (const needed of order) this.#stage(needed);
    const stage = this.#stage(target);
    const unusedArgs = [...this.#options.args.keys()].filter((name) => !this.#used.has(name));
    return { stage, unusedArgs, stages: new Set(this.#done.keys()), target };
  }

  all(): DockerfileError | undefined {
    const failures: DockerfileError[] = [];
    this.#failures = failures;
    for (const stage of this.#file.stages) {
      try {
        this.#stage(stage);
      } catch (error) {
        if (!(error instanceof DockerfileError)) throw error;
        failures.push(error);
        this.#open.clear();
      }
      if (this.#givesUp) break;
    }
    return failures[0];
  }

  /** Goes on after an error where all stages are looked at. */
  #fail(error: unknown): void {
    if (!this.#failures || !(error instanceof DockerfileError) || this.#givesUp) throw error;
    this.#failures.push(error);
  }

  get #givesUp(): boolean {
    return this.#words.exhausted || (this.#failures ?? []).length > MOST_FAILURES;
  }

  #target(): Stage {
    const { stages } = this.#file;
    const { target } = this.#options;
    if (target === undefined || target === '') return stages.at(-1)!;
    const found = stages.findLast((stage) => stage.from.as === target.toLowerCase());
    if (found) return found;
    const names = stages.flatMap((stage) => stage.from.as ?? []);
    const near = closest(target, names);
    throw new DockerfileError(
      `target stage ${JSON.stringify(target)} could not be found${near === undefined ? '' : ` (did you mean ${near}?)`}`,
    );
  }

  #stage(stage: Stage): StageState {
    const known = this.#done.get(stage.index);
    if (known) return known;
    const name = nameOf(stage);
    if (this.#open.has(stage.index)) {
      throw this.#error(`circular dependency detected on stage: ${name}`, stage.from);
    }
    this.#open.add(stage.index);
    const { state, total, replaced } = this.#begin(stage);
    // What a context stands in for is not built, and its triggers are for those who build on it.
    const triggers = replaced
      ? []
      : state.takeTriggers().map((text) => this.#words.atBase(stage.from, () => baseTrigger(text)));
    const body = replaced ? [] : stage.body;
    const setting: StageSetting = {
      name,
      prefix: this.#label(stage),
      share: this.#options.share,
      total: total + [...triggers, ...body].filter((one) => makesLayer(one.kind)).length,
      origin: this.#options.origin,
      platform: formatPlatform(state.platform),
      uncached: this.#options.uncached(name),
      globals: this.#globals,
      args: this.#options.args,
      used: this.#used,
      words: this.#words,
      network: this.#options.network,
      allow: this.#options.allow,
      extraHosts: this.#options.extraHosts,
      shmSize: this.#options.shmSize,
      source: (from, at, mounted) => this.#source(from.raw, stage, at, mounted),
      step: total,
      ordinal: 0,
    };
    for (const trigger of triggers) this.#apply(stage, state, trigger, setting, true);
    for (const instruction of body) this.#apply(stage, state, instruction, setting, false);
    this.#open.delete(stage.index);
    this.#done.set(stage.index, state);
    return state;
  }

  #apply(
    stage: Stage,
    state: StageState,
    instruction: StageInstruction,
    setting: StageSetting,
    trigger: boolean,
  ): void {
    try {
      const apply = (): void => applyInstruction(state, instruction, setting, trigger);
      const noted = state.history.length;
      if (trigger) this.#words.atBase(stage.from, apply);
      else apply();
      if (!trigger) state.locate(noted, instruction.span);
      this.#charge(state, instruction, trigger ? stage.from : instruction);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#options.watch?.applied?.(stage, state, instruction, trigger);
    }
  }

  /** Counts the history entry that was made, and the environment of a step. */
  #charge(
    { history, vertex }: StageState,
    { kind }: StageInstruction,
    { span }: { readonly span: FromInstruction['span'] },
  ): void {
    const text = kind === 'ONBUILD' ? '' : (history.at(-1)?.entry.created_by ?? '');
    const variables = kind === 'RUN' && vertex?.op.kind === 'exec' ? vertex.op.env.length : 0;
    this.#words.charge(text.length + variables * WEIGHT, span);
  }

  #begin(stage: Stage): Beginning {
    const begun = this.#start(stage);
    this.#words.charge(begun.state.weight * WEIGHT, stage.from.span);
    this.#options.watch?.begin?.(stage, begun.state, begun);
    return begun;
  }

  /** The image of a FROM; empty where it cannot be expanded, which is told when the stage begins. */
  #attempt({ from }: Stage): string {
    try {
      return this.#words.expand(from.image, (key) => this.#globals.get(key));
    } catch (error) {
      if (error instanceof DockerfileError) return '';
      throw error;
    }
  }

  /** The state a stage starts from, and how many steps its FROM counts. */
  #start(stage: Stage): Beginning {
    const { from } = stage;
    const lookup = (key: string): string | undefined => this.#globals.get(key);
    const platform = fromPlatform(from, lookup, { ...this.#options, words: this.#words });
    const own = from.as && this.#contextNamed(from.as, platform);
    if (own) return { ...this.#beginNamed(own, platform, stage, from), replaced: true };
    const image = this.#words.expand(from.image, lookup);
    if (image === '') {
      throw this.#words.error(`base name (${from.image.raw}) should not be blank`, from.image.span);
    }
    const earlier = this.#index.above(image, stage);
    // No context takes the place of `scratch`; a stage of that name does.
    if (image === 'scratch' && !earlier) {
      return { state: StageState.empty(platform), total: 0, guessed: false };
    }
    const named = this.#contextNamed(image, platform);
    if (named) return this.#beginNamed(named, platform, stage, from);
    if (earlier) {
      const state = StageState.fromStage(this.#stage(earlier));
      return { state, total: 0, earlier, guessed: false };
    }
    return this.#beginImage(image, platform, stage, from);
  }

  /** FROM a named context: an image, or a directory as the whole root. */
  #beginNamed(
    { name, context }: FoundContext,
    platform: Platform,
    stage: Stage,
    from: FromInstruction,
  ): Beginning {
    if (context.kind === 'image') {
      return this.#beginImage(context.reference, platform, stage, from);
    }
    const state = StageState.empty(platform);
    const place = [this.#options.origin, nameOf(stage), 'context', name].join('\0');
    state.vertex = this.#shared(
      contextVertex({ name, context }, { stage: nameOf(stage), place, span: from.span }),
    );
    return { state, total: 0, guessed: false };
  }

  #beginImage(image: string, platform: Platform, stage: Stage, from: FromInstruction): Beginning {
    const { vertex, base } = this.#image(image, platform, stage, from);
    const state = StageState.fromImage(base.config, base.platform, vertex, {
      name: base.name,
      digest: base.manifest,
    });
    return { state, total: 1, guessed: base.guessed === true };
  }

  #image(
    name: string,
    platform: Platform,
    stage: Stage,
    at: { readonly span: FromInstruction['span'] },
  ): { vertex: Vertex | undefined; base: BaseImage } {
    let base: BaseImage;
    try {
      base = this.#options.resolve(name, platform);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      const message = said.startsWith('invalid reference format')
        ? `failed to parse stage name ${JSON.stringify(name)}: ${said}`
        : said;
      const near = this.#index.near(name);
      const hint = near === undefined ? '' : ` (did you mean ${near}?)`;
      throw this.#error(`${message}${hint}`, at, error);
    }
    this.#options.watch?.base?.(name, platform, base, at);
    const { share } = this.#options;
    const made = share ? platformLabel(platform, () => undefined) : '';
    const prefix = `${made}${this.#label(stage)}`;
    const steps = stage.body.filter((one) => makesLayer(one.kind)).length + 1;
    const vertex = this.#shared({
      op: {
        kind: 'image',
        reference: base.name,
        manifest: base.manifest,
        platform: base.platform,
        layers: base.layers,
      },
      inputs: [],
      name: `[${prefix}1/${steps}] FROM ${base.name}`,
      stage: nameOf(stage),
      place: [this.#options.origin, nameOf(stage), '0', formatPlatform(platform)].join('\0'),
      instruction: `FROM ${name}`,
      span: at.span,
      uncached: false,
    });
    return { vertex, base };
  }

  #contextNamed(name: string, platform = this.#options.platform): FoundContext | undefined {
    return contextNamed(this.#options.contexts, name, platform);
  }

  #shared(vertex: Vertex): Vertex {
    return this.#options.share?.(vertex) ?? vertex;
  }

  /** What `--from` means; `mounted` is the target of a mount. */
  #source(
    from: string,
    stage: Stage,
    at: { readonly span: FromInstruction['span'] },
    mounted?: string,
  ): CopySource {
    const error = (message: string): DockerfileError => this.#error(message, at);
    const source = namedSource(from, stage, {
      stages: this.#file.stages,
      index: this.#index,
      context: (name) => this.#contextNamed(name),
      mounted,
      error,
    });
    if ('stage' in source) return { vertex: this.#stage(source.stage).vertex };
    if (!('image' in source)) return source;
    return { vertex: this.#image(source.image, this.#options.platform, stage, at).vertex };
  }

  /** How a stage is called in the names of its steps. */
  #label(stage: Stage): string {
    return this.#file.stages.length > 1 ? `${stage.from.as ?? `stage-${stage.index}`} ` : '';
  }

  #error(
    message: string,
    at: { readonly span: FromInstruction['span'] },
    cause?: unknown,
  ): DockerfileError {
    return this.#words.error(message, at.span, cause);
  }
}

function makesLayer(kind: string): boolean {
  return kind === 'RUN' || kind === 'COPY' || kind === 'ADD' || kind === 'WORKDIR';
}
