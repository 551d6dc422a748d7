/** A line of the notes and tutorials that users have, and what they must see. */
export interface Row {
  readonly row: number;
  /** As it is typed, with `docker`; bash runs it, before it `before`. */
  readonly typed?: string;
  readonly before?: string;
  /** 0 unless given. */
  readonly code?: number;
  readonly out?: RegExp;
  readonly err?: RegExp;
  /** Why the row is left to others. */
  readonly later?: string;
}

/** What needs containers that live on, or images made of them. */
export const CONTAINERS = 'containers in the background, and images of containers';
