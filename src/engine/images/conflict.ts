import { encoded } from '../../oci/digest.ts';
import type { ImageRow, Tables } from '../../store/tables.ts';
import { ImageConflictError } from '../errors.ts';

/** Why an image cannot go. */
export interface Conflict {
  readonly kind: 'children' | 'running' | 'names' | 'stopped';
  /** True where even force does not help. */
  readonly hard: boolean;
  readonly message: string;
}

/** What to look at. Hard conflicts always count. */
export interface ConflictMask {
  readonly names: boolean;
  readonly stopped: boolean;
}

/** The first thing that stands against deleting an image. */
export function conflictOf(
  tables: Tables,
  image: ImageRow,
  mask: ConflictMask,
): Conflict | undefined {
  if (tables.images.children(image.id).length > 0) {
    return { kind: 'children', hard: true, message: 'image has dependent child images' };
  }
  const users = tables.containers.list().filter((row) => row.image === image.id);
  const running = users.find((row) => row.state === 'running');
  if (running) {
    const message = `image is being used by running container ${shortId(running.id)}`;
    return { kind: 'running', hard: true, message };
  }
  if (mask.names && tables.images.names(image.id).length > 0) {
    return {
      kind: 'names',
      hard: false,
      message: 'image is referenced in multiple repositories',
    };
  }
  const [stopped] = users;
  if (mask.stopped && stopped) {
    const message = `image is being used by stopped container ${shortId(stopped.id)}`;
    return { kind: 'stopped', hard: false, message };
  }
  return undefined;
}

/** The conflict as Docker words it. */
export function conflictError(image: ImageRow, { hard, message }: Conflict): ImageConflictError {
  const force = hard ? 'cannot be forced' : 'must be forced';
  return new ImageConflictError(
    `unable to delete ${shortId(encoded(image.id))} (${force}) - ${message}`,
    { ...(!hard && { hint: "'--force' removes it all the same." }) },
  );
}

/** The first 12 digits, as lists show them. */
export function shortId(hex: string): string {
  return hex.slice(0, 12);
}
