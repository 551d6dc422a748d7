import type { ChainId, DiffId } from '../oci/digest.ts';

/** Something that happened to an image, to a container, or to things of a kind. */
export interface EventRow {
  /** Rises from event to event. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly type: 'image' | 'container' | 'builder' | 'network' | 'volume';
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

/** A network of containers. */
export interface NetworkRow {
  /** 64 hex digits. */
  readonly id: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** What else is known of it; the store does not look inside. */
  readonly json: string;
}

/** Networks by name and ID; `bridge`, `host` and `none` are made with the store. */
export interface NetworkTable {
  /** By name, ID, or the unique beginning of an ID. */
  find(text: string): NetworkRow | undefined;
  /** By name. */
  list(): NetworkRow[];
  /** Inserts, or replaces the JSON. Throws when another network has the name. */
  put(row: NetworkRow): void;
  /** Its endpoints go with it. */
  remove(id: string): void;
}

/** The place of a container that runs on a network. */
export interface EndpointRow {
  readonly container: string;
  readonly network: string;
  readonly json: string;
}

/** Who is on which network just now; after the power failed, who was. */
export interface EndpointTable {
  /** The oldest first. */
  list(): EndpointRow[];
  of(container: string): EndpointRow[];
  put(row: EndpointRow): void;
  /** All of a container without `network`. */
  remove(container: string, network?: string): void;
}
