import { join } from 'node:path';

/** Where a container sees what records its shells: in the directory that no image fills. */
export const PLACE = '/dev/.stave';

/** Where a recorded container keeps its recording. */
export interface RecordingPaths {
  readonly directory: string;
  /** What the container sees, read-only, at {@link PLACE}. */
  readonly shell: string;
  /** What its shells write: one record for each prompt. */
  readonly journal: string;
  /** There, with content, while somebody watches. */
  readonly watching: string;
  /** A pipe: a line for each prompt whose changes were noted. */
  readonly ack: string;
  /** What we saw at the prompts; the container does not see it. */
  readonly changes: string;
  /** The changed files when we last looked. */
  readonly snapshot: string;
  /** Content that people wrote, as it was. */
  readonly files: string;
  readonly lock: string;
}

/** The layout of a recording below the directory of a container. */
export function recordingPaths(container: string): RecordingPaths {
  const directory = join(container, 'recording');
  const shell = join(directory, 'shell');
  return {
    directory,
    shell,
    journal: join(directory, 'journal'),
    watching: join(shell, 'watching'),
    ack: join(shell, 'ack'),
    changes: join(directory, 'changes'),
    snapshot: join(directory, 'snapshot'),
    files: join(directory, 'files'),
    lock: join(directory, 'lock'),
  };
}
