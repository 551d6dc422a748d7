import type { ChainId, DiffId } from '../oci/digest.ts';

/** Something that happened to an image, to a container, or to things of a kind. */
export interface EventRow {
  /** Rises from event to event. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly type: 'image' | 'container' | 'builder' | 'volume';
  /** `tag`, `die`, `prune`: Docker's word for it. */
  readonly action: string;
  /** Whom it happened to: an ID mostly; empty where it is about many. */
  readonly actor: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What happened, oldest first; the ten thousand newest are kept. */
export interface EventTable {
  add(event: Omit<EventRow, 'id'>): void;
  /** Those that came after the event with this ID. */
  after(id: number): EventRow[];
  /** ID of the newest; 0 when there is none. */
  last(): number;
}

/** A running operation, and the layers that it holds. Its process may have died without a word. */
export interface LeaseRow {
  readonly id: string;
  readonly pid: number;
  readonly purpose: string;
  readonly chains: readonly ChainId[];
  readonly layers: readonly DiffId[];
}

/** Who holds things just now. */
export interface LeaseTable {
  /** The oldest first. */
  list(): LeaseRow[];
}
