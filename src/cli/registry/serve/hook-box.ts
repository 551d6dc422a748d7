import type { Exchange } from '../../../registry-server/answer.ts';
import type {
  HookEndpoint,
  HookFigures,
  HookParts,
  Hooks,
} from '../../../registry-server/events/hooks.ts';

/** Makes hooks for endpoints. */
type MakeHooks = new (endpoints: readonly HookEndpoint[], parts: HookParts) => Hooks;

/** Hooks whose endpoints can be replaced while requests come in. */
export class HookBox implements AsyncDisposable {
  readonly #make: MakeHooks;
  readonly #parts: HookParts;
  #hooks: Hooks | undefined;
  #known: string;
  /** What happened while there were none. */
  #missed: Exchange[] = [];

  constructor(make: MakeHooks, endpoints: readonly HookEndpoint[], parts: HookParts) {
    this.#make = make;
    this.#parts = parts;
    this.#known = JSON.stringify(endpoints);
    this.#hooks = new make(endpoints, parts);
  }

  get figures(): readonly HookFigures[] {
    return this.#hooks?.figures ?? [];
  }

  observe(exchange: Exchange): void {
    if (this.#hooks) this.#hooks.observe(exchange);
    else this.#missed.push(exchange);
  }

  /** From now on these are told. */
  async replace(endpoints: readonly HookEndpoint[]): Promise<void> {
    const known = JSON.stringify(endpoints);
    if (known === this.#known) return;
    const before = this.#hooks;
    this.#hooks = undefined;
    await before?.[Symbol.asyncDispose]();
    const hooks = new this.#make(endpoints, this.#parts);
    this.#hooks = hooks;
    this.#known = known;
    for (const exchange of this.#missed.splice(0)) hooks.observe(exchange);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#hooks?.[Symbol.asyncDispose]();
  }
}
