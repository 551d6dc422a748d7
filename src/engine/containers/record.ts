import type { ContainerConfig } from '../../oci/image-config.ts';
import { isAlive, type ProcessIdentity } from '../../runtime/process-identity.ts';
import type { ContainerRow, ContainerState } from '../../store/tables.ts';
import type { CreateRequest } from '../create-request.ts';

/** What a container's row holds beside its columns. */
export interface ContainerRecord {
  /** As typed at `run`. */
  readonly imageName: string;
  readonly argv: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Goes when it ends. */
  readonly remove: boolean;
  /** The whole request. Variables that were asked for by name alone have their values. */
  readonly settings: CreateRequest;
  /** The image's configuration with the request on top: what a commit starts from. */
  readonly config: ContainerConfig;
  readonly mounts: readonly ContainerMount[];
  /** The stave that is about to start it, or stays with it; none where it is left alone. */
  readonly owner?: ProcessIdentity;
  /** Its first process; from its start on. */
  readonly process?: ProcessIdentity;
  /** The conmon that watches it; from its start on. */
  readonly monitor?: ProcessIdentity;
  /** Milliseconds since the epoch. */
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly exitCode?: number;
  readonly oomKilled?: boolean;
  /** Paused for the time that this process needs. */
  readonly heldBy?: ProcessIdentity;
  /** Why it could not be started. */
  readonly error?: string;
  readonly restartCount?: number;
  /** Of one that waits to be started again: when, in milliseconds since the epoch. */
  readonly restartAt?: number;
  /** Milliseconds that its last start by its policy was put off. */
  readonly restartDelay?: number;
  /** A user asked for its end: no restart policy starts it again. */
  readonly stopRequested?: boolean;
  readonly health?: ContainerHealth;
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

/** What its health check found. */
export interface ContainerHealth {
  readonly status: 'starting' | 'healthy' | 'unhealthy';
  readonly failingStreak: number;
  /** The newest last. */
  readonly log: readonly {
    /** Milliseconds since the epoch. */
    readonly start: number;
    readonly end: number;
    readonly exitCode: number;
    readonly output: string;
  }[];
}

/** A row with its record. */
export interface Container extends Omit<ContainerRow, 'json'> {
  readonly record: ContainerRecord;
}

type Late = 'settings' | 'config' | 'mounts';

/** Reads a row. What it says of a process may be out of date: see `settle.ts`. */
export function fromRow({ json, ...row }: ContainerRow): Container {
  const record = JSON.parse(json) as Omit<ContainerRecord, Late> &
    Partial<Pick<ContainerRecord, Late>>;
  // Rows of earlier versions lack these.
  const { settings = { image: record.imageName }, config = {}, mounts = [] } = record;
  return { ...row, record: { ...record, settings, config, mounts } };
}

/** The row for a container. */
export function toRow({ record, ...rest }: Container): ContainerRow {
  return { ...rest, json: JSON.stringify(record) };
}

/** Whether there are processes of it. */
export function isUp(state: ContainerState): boolean {
  return state === 'running' || state === 'paused';
}

/** True while a living stave is making or starting it. */
export function isBeingMade({ state, record }: Container): boolean {
  return state === 'created' && record.owner !== undefined && isAlive(record.owner);
}
