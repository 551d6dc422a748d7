import type { Fate } from './fate.ts';

/** A command of a session, and what becomes of it in a draft. */
export interface RecordedCommand {
  /** Undefined where the shell did not tell. */
  readonly text: string | undefined;
  readonly status: number;
  readonly directory: string;
  readonly uid: number;
  readonly fate: Fate;
  /** Names that it changed; undefined where nobody looked. */
  readonly changed: number | undefined;
}

/** A file beside a draft. */
export interface DraftFile {
  /** Below the draft's directory: `files/index.html`. */
  readonly name: string;
  /** Its content, in the recording; undefined: as it is in the container now. */
  readonly saved: string | undefined;
  /** In the container; bytes as characters. */
  readonly path: string;
}

/** A Dockerfile that does again what was done in a container. */
export interface Draft {
  readonly dockerfile: string;
  readonly files: readonly DraftFile[];
  readonly commands: readonly RecordedCommand[];
  /** What somebody should look at: secrets, and what could not be said. */
  readonly warnings: readonly string[];
}
