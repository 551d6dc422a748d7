import type { EnvironmentEntry } from '../graph.ts';

/** Proxy settings work without a declaration and leave no trace. Upper case. */
const PROXY_NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'];

/** Arguments that steer the builder: ARG may name them, and no step sees them. */
export const OF_THE_BUILDER: ReadonlySet<string> = new Set([
  'BUILDKIT_SBOM_SCAN_CONTEXT',
  'BUILDKIT_SBOM_SCAN_STAGE',
]);
/** What one instruction is told of at most. */
const MOST_MISSING = 1000;

/** A name that a word asked for. */
export interface MissingVariable {
  readonly name: string;
  /** How many variables were set: those that {@link Scope.names} lists first. */
  readonly known: number;
}

/**
 * The variables of a stage. ENV and ARG share one build environment in which the later line
 * wins; only ENV reaches the image.
 */
export class Scope {
  readonly #build: Map<string, EnvironmentEntry>;
  readonly #image: Map<string, string>;
  readonly #declared: Set<string>;
  /** Variables of the image that came with the base image. */
  readonly #ofBase: Set<string>;
  #missing: MissingVariable[] = [];

  constructor(from?: Scope) {
    this.#build = new Map(from ? from.#build : []);
    this.#image = new Map(from ? from.#image : []);
    this.#declared = new Set(from ? from.#declared : []);
    this.#ofBase = new Set(from ? from.#ofBase : []);
    // A stage begins with the image's ENV once more: there it wins over an ARG of the same name.
    for (const [name, value] of this.#image) this.#build.set(name, { name, value, from: 'env' });
  }

  get(name: string): string | undefined {
    const value = this.#build.get(name)?.value;
    if (value === undefined && !this.#declared.has(name) && this.#missing.length < MOST_MISSING) {
      this.#missing.push({ name, known: this.#build.size });
    }
    return value;
  }

  /** As {@link get}, without being noticed. */
  peek(name: string): string | undefined {
    return this.#build.get(name)?.value;
  }

  /** Names that were asked for, but neither set nor declared then; each answer is given once. */
  takeMissing(): readonly MissingVariable[] {
    const missing = this.#missing;
    if (missing.length > 0) this.#missing = [];
    return missing;
  }

  /** Sets a variable of the image; a known one keeps its position. */
  env(name: string, value: string, ofBase = false): void {
    if (ofBase) this.#ofBase.add(name);
    else this.#ofBase.delete(name);
    this.#image.set(name, value);
    this.#build.set(name, { name, value, from: 'env' });
  }

  /** Declares an ARG; without a value it stays unset but is listed. */
  arg(name: string, value: string | undefined): void {
    this.#declared.add(name);
    if (value !== undefined) this.#build.set(name, { name, value, from: 'arg' });
  }

  /** `K=V` of the image, in order. */
  imageEnv(): string[] {
    return [...this.#image].map(([name, value]) => `${name}=${value}`);
  }

  /** What a RUN sees. */
  buildEnv(): EnvironmentEntry[] {
    return [...this.#build.values()].map((entry) =>
      entry.from === 'env' && this.#ofBase.has(entry.name) ? { ...entry, base: true } : entry,
    );
  }

  /** How many variables are set. */
  get size(): number {
    return this.#build.size;
  }

  names(): string[] {
    return [...this.#build.keys()];
  }

  /** `K=V` of the declared ARGs, as the history of a RUN lists them; an unset one has an empty value. */
  declaredArgs(): string[] {
    return [...this.#declared].map((name) => `${name}=${this.get(name) ?? ''}`);
  }
}

/** Proxy variables among the build arguments, in both cases. */
export function proxyEnv(args: ReadonlyMap<string, string>): string[] {
  return [...args].flatMap(([name, value]) => {
    const upper = name.toUpperCase();
    if (!PROXY_NAMES.includes(upper)) return [];
    return [`${upper}=${value}`, `${upper.toLowerCase()}=${value}`];
  });
}

/** True for build arguments that the builder itself reads: they need no ARG. */
export function isPredefined(name: string): boolean {
  return (
    PROXY_NAMES.includes(name.toUpperCase()) ||
    name === 'SOURCE_DATE_EPOCH' ||
    name.startsWith('BUILDKIT_')
  );
}
