import type { ChainId } from '../../oci/digest.ts';
import type { Store } from '../../store/store.ts';
import type { CacheRow } from '../../store/tables.ts';
import type { Vertex } from '../graph.ts';
import { verticesOf } from '../vertices.ts';
import { UNTOLD } from './difference.ts';
import type { SharedRecord } from './document.ts';
import { instructionText } from './text.ts';

/** Records of one place that are compared. */
const OF_A_PLACE = 16;
/** Records of a stage that are looked through. */
const OF_A_STAGE = 128;
/** Records that are looked through for another copy of the same Dockerfile. */
const OF_ALL = 500;

/** Earlier results of a step, and what that says. */
export interface Candidates {
  readonly rows: readonly CacheRow[];
  /** No result of any step of this Dockerfile is known. */
  readonly first: boolean;
}

/**
 * Finds the earlier results that a step is to be compared with. What an instruction says counts
 * for more than where it stands, so that a line put in above makes no nonsense of those below.
 */
export class Earlier {
  readonly #store: Store;
  /** Texts of the steps that are there now, by stage. */
  readonly #texts = new Map<string, Set<string>>();
  readonly #origins = new Map<string, string | undefined>();

  readonly #imported: readonly CacheRow[];

  constructor(
    store: Store,
    targets: readonly (Vertex | undefined)[],
    imported: readonly SharedRecord[],
  ) {
    this.#store = store;
    this.#imported = imported.map(rowOf);
    for (const vertex of verticesOf(targets)) {
      const stage = stageOf(vertex);
      this.#texts.set(stage, (this.#texts.get(stage) ?? new Set()).add(instructionText(vertex)));
    }
  }

  of(vertex: Vertex): Candidates {
    const place = placeOf(vertex);
    const origin = this.#origin(place.origin);
    const found = origin === undefined ? [] : this.#ofStore(vertex, origin);
    const rows = found.length > 0 ? found : this.#ofImported(vertex);
    return { rows, first: origin === undefined && this.#imported.length === 0 };
  }

  #ofStore(vertex: Vertex, origin: string): readonly CacheRow[] {
    const place = placeOf(vertex);
    const stage = `${origin}\0${place.stage}\0`;
    const text = instructionText(vertex);
    return this.#store.read(({ cache }) => {
      const said = (prefix: string): CacheRow[] =>
        cache.under(prefix, OF_A_PLACE * 2, text).filter(isOwn);
      const here = ofPlatform(said(stage), place.platform);
      if (here.length > 0) return here;
      const at = [origin, place.stage, place.ordinal, place.platform].join('\0');
      const same = cache.at(at, OF_A_PLACE).filter((row) => this.#isReplaced(row, place.stage));
      if (same.length > 0) return same;
      const near = cache
        .under(stage, OF_A_STAGE)
        .filter((row) => this.#isReplaced(row, place.stage) && alike(textOfRow(row), text));
      return near.length > 0 ? near.slice(0, 1) : said(`${origin}\0`);
    });
  }

  /** What another machine built: its places have no origin. */
  #ofImported(vertex: Vertex): readonly CacheRow[] {
    const { stage, ordinal, platform } = placeOf(vertex);
    const text = instructionText(vertex);
    const own = this.#imported.filter((row) => isOwn(row) && partsOf(row.place).stage === stage);
    const here = ofPlatform(
      own.filter((row) => textOfRow(row) === text),
      platform,
    );
    if (here.length > 0) return here;
    const replaced = own.filter((row) => this.#isReplaced(row, stage));
    const same = replaced.filter((row) => partsOf(row.place).ordinal === ordinal);
    return same.length > 0 ? same : replaced.filter((row) => alike(textOfRow(row), text));
  }

  /** Not one of a step that is still there, only further down or up. */
  #isReplaced(row: CacheRow, stage: string): boolean {
    return isOwn(row) && !this.#isThere(stage, textOfRow(row));
  }

  #isThere(stage: string, text: string): boolean {
    return this.#texts.get(stage)?.has(text) === true;
  }

  /** The Dockerfile whose records are asked: this one, or a copy of it that was built elsewhere. */
  #origin(own: string): string | undefined {
    if (this.#origins.has(own)) return this.#origins.get(own);
    const found = this.#store.read(({ cache }) => {
      if (cache.under(`${own}\0`, 1).length > 0) return own;
      const scores = new Map<string, number>();
      for (const row of cache.newest(OF_ALL)) {
        const { origin, stage } = partsOf(row.place);
        if (this.#isThere(stage, textOfRow(row))) scores.set(origin, (scores.get(origin) ?? 0) + 1);
      }
      const [best] = [...scores].sort(([, a], [, b]) => b - a);
      return best?.[0];
    });
    this.#origins.set(own, found);
    return found;
  }
}

/** Those of a platform, where there are any. */
function ofPlatform(rows: readonly CacheRow[], platform: string): readonly CacheRow[] {
  const same = rows.filter((row) => partsOf(row.place).platform === platform);
  return same.length > 0 ? same : rows;
}

/** A record of another machine as one of this store's. */
function rowOf(record: SharedRecord): CacheRow {
  return {
    ...record,
    place: `\0${record.place}`,
    ingredients: record.ingredients.map((one) => ({ ...one, digest: one.digest ?? UNTOLD })),
    chain: '' as ChainId,
    usedAt: record.createdAt,
  };
}

/** Not one that was kept by definition alone, which says nothing of what was read. */
function isOwn(row: CacheRow): boolean {
  return row.canonicalKey === undefined;
}

function textOfRow({ ingredients }: CacheRow): string {
  return ingredients.find(({ kind }) => kind === 'instruction')?.text ?? '';
}

/** The parts of a place; see `CacheRow.place`. */
export function partsOf(place: string): {
  readonly origin: string;
  readonly stage: string;
  readonly ordinal: string;
  readonly platform: string;
} {
  const [origin = '', stage = '', ordinal = '', platform = ''] = place.split('\0');
  return { origin, stage, ordinal, platform };
}

function placeOf(vertex: Vertex): ReturnType<typeof partsOf> {
  return partsOf(vertex.place);
}

function stageOf(vertex: Vertex): string {
  return placeOf(vertex).stage;
}

/** Whether one text may have been made of the other: the same word first, and half of it the same. */
function alike(a: string, b: string): boolean {
  if (a.split(' ', 1)[0] !== b.split(' ', 1)[0]) return false;
  const short = Math.min(a.length, b.length);
  let head = 0;
  while (head < short && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < short - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  return (head + tail) * 2 >= Math.max(a.length, b.length);
}
