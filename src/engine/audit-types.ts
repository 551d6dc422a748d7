import type { DiffId } from '../oci/digest.ts';

/** Where an audit looked. */
export type AuditPlace = 'variable' | 'label' | 'config' | 'history' | 'file';

/** Something in an image that looks like a credential. */
export interface AuditFinding {
  /** `GitHubToken`, `CredentialInEnv`: stable. */
  readonly rule: string;
  /** What it is, for people. */
  readonly description: string;
  readonly place: AuditPlace;
  /** The name of a variable or label, the path of a file, the text of a history entry without values. */
  readonly where: string;
  /** The value, all but its beginning left out. */
  readonly value: string;
  /** In a file that is not long, or of the history: counted from 1. */
  readonly line?: number;
  /** Where it is in a layer. */
  readonly layer?: AuditLayer;
}

/** The layer that a credential lies in. */
export interface AuditLayer {
  readonly diffId: DiffId;
  /** Counted from 1, bottom first. */
  readonly position: number;
  /** The instruction that made it, as the history has it. */
  readonly createdBy: string;
  readonly origin?: { readonly file: string; readonly line: number };
  /** The position of a later layer that deletes or replaces the file: it is in the image all the same. */
  readonly hiddenBy?: number;
}

/** What an audit found. */
export interface AuditReport {
  readonly findings: readonly AuditFinding[];
  /** Layers that were read. */
  readonly layers: number;
  /** More was found than is told. */
  readonly truncated: boolean;
}

/** Something doubtful in an image. */
export interface ImageLintFinding {
  readonly ruleName: string;
  /** What the rule is about. */
  readonly description: string;
  readonly detail: string;
  readonly layer?: DiffId;
  /** The line that made the layer. */
  readonly origin?: { readonly file: string; readonly line: number };
}
