import type { Contender } from './contenders.ts';

/** One thing that every contender does, again and again. */
export interface Workload {
  readonly name: string;
  readonly what: string;
  /** Once for each contender, not timed. */
  prepare(contender: Contender): void;
  /** The timed command. */
  args(contender: Contender): string[];
  /** After each timed command, not timed: what would fill the disk goes. */
  after?(contender: Contender): string[][];
  /** Memory is compared instead of time. */
  readonly memory?: boolean;
  /** An empty Node takes part: what a program on Node cannot be faster than. */
  readonly startup?: boolean;
}
