import { type ContainerRow } from '../../store/tables.ts';
import { isAlive, type ProcessIdentity } from '../../runtime/process-identity.ts';

/** What a container's row holds beside its columns. */
export interface ContainerRecord {
  /** As typed at `run`. */
  readonly imageName: string;
  readonly argv: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Goes when it ends. */
  readonly remove: boolean;
  /** The stave that runs it. */
  readonly owner: ProcessIdentity;
  /** The process whose death ends it; from its start on. */
  readonly process?: ProcessIdentity;
  /** Milliseconds since the epoch. */
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly exitCode?: number;
  readonly mounts?: readonly ContainerMount[];
}

/** Something of the machine that a container sees at a place of its own. */
export interface ContainerMount {
  readonly type: 'bind' | 'volume' | 'tmpfs';
  /** Of a volume. */
  readonly name?: string;
  /** A path of the machine; empty for a directory in memory. */
  readonly source: string;
  readonly target: string;
  /** Options as typed: `ro,z`. */
  readonly mode: string;
  readonly readonly: boolean;
  readonly propagation: string;
  /** The part of a volume that is mounted. */
  readonly subpath?: string;
}

/** A row with its record. */
export interface Container extends Omit<ContainerRow, 'json'> {
  readonly record: ContainerRecord;
}

/** Reads a row. What it says of a process may be out of date: see {@link settled}. */
export function fromRow({ json, ...row }: ContainerRow): Container {
  return { ...row, record: JSON.parse(json) as ContainerRecord };
}

/** The row for a container. */
export function toRow({ record, ...rest }: Container): ContainerRow {
  return { ...rest, json: JSON.stringify(record) };
}

/** Of a process that was killed together with its stave. */
const KILLED = 137;

/**
 * The container as it is now: one whose stave was killed has ended as well, whatever its row
 * says.
 */
export function settled(container: Container): Container {
  const { state, record } = container;
  if (state !== 'running' || (record.process && isAlive(record.process))) return container;
  if (isAlive(record.owner)) return container;
  return { ...container, state: 'exited', record: { ...record, exitCode: KILLED } };
}

/** True when nobody will bring this container to its end any more. */
export function isAbandoned({ state, record }: Container): boolean {
  return (
    state !== 'exited' && !isAlive(record.owner) && !(record.process && isAlive(record.process))
  );
}
