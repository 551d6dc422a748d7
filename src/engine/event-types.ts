/** Something that happened. */
export interface StaveEvent {
  readonly at: Date;
  readonly type: 'image' | 'container' | 'builder' | 'network' | 'volume';
  /** Docker's word for it: `tag`, `die`, `prune`. */
  readonly action: string;
  /** An ID, or for a pull or push a familiar name; empty where it is about many. */
  readonly actor: string;
  /** Names, labels, exit codes. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Which events. Values of one key are ORed, keys are ANDed; values of `label` are ANDed. */
export interface EventFilter {
  readonly type?: readonly string[];
  readonly action?: readonly string[];
  /** IDs, names with or without their tag, beginnings of IDs. */
  readonly image?: readonly string[];
  /** IDs or names of containers, or their beginnings. */
  readonly container?: readonly string[];
  /** IDs or names of networks, or their beginnings. */
  readonly network?: readonly string[];
  /** Names of volumes, or their beginnings. */
  readonly volume?: readonly string[];
  /** `key` or `key=value`. */
  readonly label?: readonly string[];
  /** Kinds of things that have no events here; with a value nothing passes. */
  readonly other?: readonly string[];
}

/** Which part of what happens. */
export interface EventRequest {
  /** From here on; without it from now on, or from the oldest known if there is an end. */
  readonly since?: Date;
  /** Up to here; without it until the signal is aborted. */
  readonly until?: Date;
  readonly filter?: EventFilter;
  readonly signal?: AbortSignal;
}
