import { digestOf } from '../oci/digest.ts';
import type { Vertex } from './graph.ts';
import { byDefinition, type Found, type Keyed, type SolverParts } from './solver-parts.ts';

/** What a solver finds out from records of earlier builds, and adds to them. */
export class Records {
  readonly #parts: Pick<SolverParts, 'store' | 'forget' | 'imported'>;

  constructor(parts: Pick<SolverParts, 'store' | 'forget' | 'imported'>) {
    this.#parts = parts;
  }

  /** The local record of a key, or else one that was imported and whose layers can be had. */
  async find(key: string): Promise<Found | undefined> {
    return this.#own(key) ?? (await this.#parts.imported?.find(key));
  }

  #own(key: string): Found | undefined {
    return this.#parts.store.read(({ cache, layers }) => {
      const row = cache.get(key);
      const stack = row && layers.stack(row.chain);
      if (!stack) return undefined;
      const { chain, createdAt, took, canonicalKey } = row;
      return {
        chain,
        layers: stack.map(({ diffId }) => diffId),
        createdAt,
        took,
        ...(canonicalKey !== undefined && { canonicalKey }),
      };
    });
  }

  /** Whether a record of `reader` was made from this very input, whose key is `key`. */
  async wasRead(input: Vertex, key: string, reader: Vertex): Promise<boolean> {
    const digest = digestOf(key);
    const rows = this.#parts.store.read(({ cache }) => cache.at(byDefinition(reader), 8));
    const known = rows.some(({ ingredients }) =>
      ingredients.some(
        (one) => one.kind === 'parent' && one.name === input.stage && one.digest === digest,
      ),
    );
    return known || ((await this.#parts.imported?.wasRead(digest)) ?? false);
  }

  /** Keeps a result under a key; with `canonicalKey` as another name of the result under that one. */
  remember(
    vertex: Vertex,
    { key, ingredients, lists }: Pick<Keyed, 'key' | 'ingredients' | 'lists'>,
    result: Pick<Found, 'chain' | 'took' | 'createdAt' | 'canonicalKey'>,
  ): void {
    if (this.#parts.forget) return;
    const usedAt = this.#parts.store.clock.now().getTime();
    const encoded = [...(lists ?? [])].map(([digest, list]) => [digest, list.encoded()] as const);
    const place = result.canonicalKey === undefined ? vertex.place : byDefinition(vertex);
    this.#parts.store.note(({ cache, selections }) => {
      for (const [digest, list] of encoded) if (list) selections.put(digest, list);
      cache.put({ ...result, key, place, ingredients, usedAt });
    });
  }
}
