import type { Bytes } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { FlagTable, Values } from './flags.ts';
import type { Output } from './output.ts';

/** Standard input. */
export interface Input {
  readonly terminal: boolean;
  /** With `reuse` a chunk is valid until the next one is asked for, and memory stays small. */
  bytes(options?: { readonly reuse?: boolean }): Bytes;
  /** One line without its end; undefined at the end of the input. */
  line(): Promise<string | undefined>;
  /** One line that is not shown while it is typed, from a terminal. */
  secret(): Promise<string | undefined>;
}

/** What the engine is opened with; counts when it is asked for first. */
export interface EnginePlace {
  /** A store other than the one that the command line asks for. */
  readonly root?: string | undefined;
  /** None is made: StoreMissingError. */
  readonly mustExist?: boolean;
  /** How registries are reached, besides what files and variables say. */
  readonly registries?: {
    /** Any certificate will do, and no TLS where there is none. */
    readonly tlsVerify?: false;
    /** The whole path of a folder with certificates for every host. */
    readonly certificateFolder?: string;
  };
}

/** The process around a command: what only the door may touch. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly clock: Clock;
  /** Aborted by the first SIGINT or SIGTERM; its reason is an {@link Interrupted}. */
  readonly signal: AbortSignal;
  /** The version in package.json. */
  readonly version: () => string;
  /** Opens the store and everything above it, once. */
  readonly engine: (place?: EnginePlace) => Promise<Engine>;
}

/** What a command gets to work with. */
export interface Context<F extends FlagTable = FlagTable> extends Host {
  readonly operands: readonly string[];
  readonly flags: Values<F>;
  /** Long names of the flags that were typed. */
  readonly typed: ReadonlySet<string>;
  /** Says what went wrong with one of several operands, and goes on. */
  readonly complain: (error: unknown) => void;
}

/**
 * What a line does, in few words, and the line. Tests run it (test/e2e/examples.test.ts says on
 * what images and files); the third says what it needs that a test has not: "a registry".
 */
export type Example = readonly [what: string, line: string, needs?: string];

/** A command. Its names and summary are in the index, so that help need not load it. */
export interface Command<F extends FlagTable = FlagTable> {
  /** What follows the name in the usage line. */
  readonly usage: string;
  /** Fewest and most operands. */
  readonly operands: readonly [number, number];
  /** What follows the first operand is not ours: `run`. */
  readonly stopAtOperand?: boolean;
  /** Failures of the engine point to `--help` too, as `run`'s do. */
  readonly pointToHelp?: boolean;
  /** A signal is how it ends, in good order: the exit code is its own. */
  readonly endsBySignal?: boolean;
  readonly flags: F;
  /** What was probably meant by too few or too many operands: what follows the name. */
  readonly slip?: (operands: readonly string[]) => string | undefined;
  /** Shown by `--help`, in man pages and in the reference. */
  readonly examples: readonly Example[];
  /** Returns the exit code; nothing means 0. Results go to `stdout`, all else to `stderr`. */
  run(context: Context<F>): Promise<number | void>;
}

/** Infers the types of the flags from their table. */
export function command<F extends FlagTable>(definition: Command<F>): Command<F> {
  return definition;
}

/** Why work was aborted. `exitCode` is 128 plus the signal's number. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('interrupted');
    this.exitCode = exitCode;
  }
}
