import type { StepDifference, StepReason } from '../../base/progress.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Store } from '../../store/store.ts';
import type { CacheRow } from '../../store/tables.ts';
import type { Vertex } from '../graph.ts';
import type { Keyed } from '../solver-parts.ts';
import { nearest, UNTOLD, type Change } from './difference.ts';
import type { SharedRecord } from './document.ts';
import { Earlier, partsOf } from './earlier.ts';
import { OF_THE_BASE } from './key.ts';
import { instructionChange } from './instruction-change.ts';
import { inWords, shortened, withoutDigest } from './words.ts';

/** Files that are named at most. */
const NAMED = 20;

/** A step that has to run, and what its key was made of. */
interface Miss {
  readonly vertex: Vertex;
  readonly keyed: Pick<Keyed, 'own' | 'ingredients' | 'lists'>;
}

/** What {@link Why} works with. */
export interface WhyParts {
  readonly store: Store;
  readonly targets: readonly (Vertex | undefined)[];
  /** Records of other machines that came with `--cache-from`. */
  readonly imported: readonly SharedRecord[];
  /** The flag that made a step of this stage run, where that is the reason. */
  readonly asked: (stage: string) => string;
}

/**
 * Says why steps have to run: against the nearest earlier result of the same step. Made when
 * the first one has to. Values of ARG and ENV are never part of what it says.
 */
export class Why {
  readonly #parts: WhyParts;
  readonly #earlier: Earlier;
  /** Why the steps of this build ran: one that only follows another points at it. */
  readonly #said = new Map<Vertex, StepReason>();

  constructor(parts: WhyParts) {
    this.#parts = parts;
    this.#earlier = new Earlier(parts.store, parts.targets, parts.imported);
  }

  of(vertex: Vertex, keyed: Miss['keyed']): StepReason {
    const reason = this.#reason({ vertex, keyed });
    this.#said.set(vertex, reason);
    return reason;
  }

  #reason(miss: Miss): StepReason {
    const { vertex, keyed } = miss;
    if (vertex.uncached) {
      return { kind: 'asked', text: `${this.#parts.asked(vertex.stage)} was given` };
    }
    if (this.#parts.store.read(({ cache }) => cache.wasRemoved(keyed.own))) return REMOVED;
    const { rows, first } = this.#earlier.of(vertex);
    const found = nearest(rows, keyed.ingredients);
    if (!found) {
      return first
        ? { kind: 'first', text: 'the first build of this Dockerfile' }
        : { kind: 'new', text: 'new: no earlier build finished it' };
    }
    if (found.row.key === keyed.own) return this.#ranBelow(vertex) ?? REMOVED;
    const own = this.#ownDifferences(miss, found.changes, found.row);
    if (own.length > 0) return { kind: 'changed', text: inWords(own), differences: own };
    const parent = parentOf(found.changes);
    if (parent) return this.#follows(vertex, parent);
    const untold = found.row.ingredients.filter(({ digest }) => digest === UNTOLD);
    if (untold.length > 0) {
      const names = untold.map(({ name }) => name).join(', ');
      return {
        kind: 'changed',
        text: `ARG changed: ${names}, whose values on the other machine are not told`,
        differences: untold.map(({ kind, name }) => ({ kind, name, how: 'changed' })),
      };
    }
    return { kind: 'changed', text: 'its earlier result was made by another version of stave' };
  }

  #ownDifferences(miss: Miss, changes: readonly Change[], row: CacheRow): StepDifference[] {
    const { vertex } = miss;
    const before = partsOf(row.place).platform;
    const { platform } = partsOf(vertex.place);
    const instruction = instructionChange(vertex, row.ingredients, changes);
    const own = changes.filter(
      (change) =>
        change.kind !== 'parent' &&
        change.kind !== 'instruction' &&
        instruction?.brings(change) !== true,
    );
    return [
      ...(before === platform
        ? baseChange(vertex, changes)
        : [{ kind: 'platform', name: '', how: 'changed' as const, before, after: platform }]),
      ...(instruction?.differences ?? []),
      ...own.map((change) => this.#difference(miss, change)),
    ];
  }

  #difference(miss: Miss, change: Change): StepDifference {
    const { kind, name, how, before, now } = change;
    const plain = { kind, name, how };
    if (kind === 'env' && (now ?? before)?.text === OF_THE_BASE) {
      return { ...plain, kind: 'base env' };
    }
    if (kind === 'arg' || kind === 'env') return plain;
    const texts = {
      ...(before?.text !== undefined && { before: before.text }),
      ...(now?.text !== undefined && { after: now.text }),
    };
    if (how !== 'changed' || !before || !now) return { ...plain, ...texts };
    const files = this.#files(miss, before.digest, now.digest);
    return { ...plain, ...texts, ...files };
  }

  /** Which of the files behind two digests differ, where both lists are known. */
  #files(
    miss: Miss,
    before: Digest,
    now: Digest,
  ): Pick<StepDifference, 'files' | 'counts'> | undefined {
    const list = miss.keyed.lists?.get(now);
    const kept = this.#parts.store.read(({ selections }) => selections.get(before));
    const changes = list && kept && list.changesSince(kept);
    if (!list || !changes || changes.length === 0) return undefined;
    return {
      files: changes.slice(0, NAMED),
      counts: { differ: changes.length, of: Math.max(list.count, changes.length) },
    };
  }

  /** What is said of a step of which only what lies below is another. */
  #follows(vertex: Vertex, parent: Change): StepReason {
    const name = vertex.base?.name ?? 'an empty root';
    const before = parent.before?.text;
    const said = vertex.base && this.#said.get(vertex.base);
    if (before !== undefined && before !== parent.now?.text && said?.kind !== 'changed') {
      const text = `it follows ${shortened(name)} now, and followed ${shortened(withoutDigest(before))}`;
      return { kind: 'before', text, step: name };
    }
    const below = this.#ranBelow(vertex);
    if (below) return below;
    const text = `${shortened(name)} before it has another result than last time`;
    return { kind: 'before', text, step: name };
  }

  /** The step below that ran, and is the reason for those above it. */
  #ranBelow({ base }: Vertex): StepReason | undefined {
    let below = base;
    // A linked copy is remembered whatever it lies on.
    while (below?.op.kind === 'copy' && below.op.link && !this.#said.has(below)) below = below.base;
    const said = below && this.#said.get(below);
    if (!below || !said) return undefined;
    const step = (said.kind === 'before' && said.step) || below.name;
    return { kind: 'before', text: `${shortened(step)} before it ran again`, step };
  }
}

const REMOVED: StepReason = { kind: 'removed', text: 'its earlier result was pruned' };

/** The ingredient that stands for all below a step. */
function parentOf(changes: readonly Change[]): Change | undefined {
  return changes.find(({ kind, name }) => kind === 'parent' && name === '');
}

/** The base image, where a step stands on one directly, and did so before. */
function baseChange({ base }: Vertex, changes: readonly Change[]): StepDifference[] {
  const parent = parentOf(changes);
  const [before, after] = [parent?.before?.text, parent?.now?.text];
  if (before === undefined || after === undefined || before === after) return [];
  if ((base && base.op.kind !== 'image') || !before.startsWith('FROM ')) return [];
  return [{ kind: 'base', name: '', how: 'changed', before, after }];
}
