import { encoded } from '../../oci/digest.ts';
import { familiar, parseReference } from '../../oci/reference.ts';
import type { ContainerRow, ImageRow, Tables } from '../../store/tables.ts';
import { isUp } from '../containers/record.ts';
import { ImageConflictError } from '../errors.ts';

/** Why an image cannot go. */
export interface Conflict {
  readonly kind: 'children' | 'running' | 'names' | 'stopped';
  /** True where even force does not help. */
  readonly hard: boolean;
  readonly message: string;
  /** What holds it, all of it, and the command that frees it. */
  readonly hint: () => string;
}

/** What to look at. Hard conflicts always count. */
export interface ConflictMask {
  readonly names: boolean;
  readonly stopped: boolean;
}

/** So many things are named in a hint. */
const SHOWN = 8;

/** The first thing that stands against deleting an image. */
export function conflictOf(
  tables: Tables,
  image: ImageRow,
  mask: ConflictMask,
): Conflict | undefined {
  const short = shortId(encoded(image.id));
  const children = tables.images.children(image.id);
  if (children.length > 0) {
    return {
      kind: 'children',
      hard: true,
      message: 'image has dependent child images',
      hint: () => {
        const shown = children.map((id) => tagsOf(tables, id)[0] ?? shortId(encoded(id)));
        return `Made from it: ${list(shown)}; '${words('stave rmi', shown)}' comes first.`;
      },
    };
  }
  const users = tables.containers.of(image.id);
  const running = users.filter(isInUse);
  if (running[0]) {
    return {
      kind: 'running',
      hard: true,
      message: `image is being used by running container ${shortId(running[0].id)}`,
      hint: () => `'${words('stave rm -f', containerNames(users))}' ends and removes what uses it.`,
    };
  }
  if (mask.names && tables.images.names(image.id).length > 0) {
    return {
      kind: 'names',
      hard: false,
      message: 'image is referenced in multiple repositories',
      hint: () =>
        `It is called ${list(namesOf(tables, image.id))}; 'stave rmi -f ${short}' removes it under all its names.`,
    };
  }
  const [stopped] = users;
  if (mask.stopped && stopped) {
    return {
      kind: 'stopped',
      hard: false,
      message: `image is being used by stopped container ${shortId(stopped.id)}`,
      hint: () =>
        `'${words('stave rm', containerNames(users))}' removes what uses it; 'stave rmi -f ${short}' takes the image from under it.`,
    };
  }
  return undefined;
}

/** The conflict as Docker words it. */
export function conflictError(
  image: ImageRow,
  { hard, message, hint }: Conflict,
): ImageConflictError {
  const force = hard ? 'cannot be forced' : 'must be forced';
  return new ImageConflictError(
    `unable to delete ${shortId(encoded(image.id))} (${force}) - ${message}`,
    { hint: hint() },
  );
}

/** Taking the last name from an image that containers use would leave it dangling unasked. */
export function refuseInUse(tables: Tables, image: ImageRow, name: string): void {
  const users = tables.containers.of(image.id);
  const [user] = users;
  if (!user) return;
  const shown = familiar(parseReference(name));
  const force = users.some(isInUse) ? ' -f' : '';
  throw new ImageConflictError(
    `unable to remove repository reference "${shown}" (must force) - container ` +
      `${shortId(user.id)} is using its referenced image ${shortId(encoded(image.id))}`,
    {
      hint: `'${words(`stave rm${force}`, containerNames(users))}' removes what uses it; 'stave rmi -f ${shown}' takes only the name away.`,
    },
  );
}

/** The first 12 digits, as lists show them. */
export function shortId(hex: string): string {
  return hex.slice(0, 12);
}

function containerNames(rows: readonly ContainerRow[]): string[] {
  return rows.map(({ name }) => name);
}

function tagsOf(tables: Tables, id: ImageRow['id']): string[] {
  return namesOf(tables, id).filter((name) => !name.includes('@'));
}

function namesOf(tables: Tables, id: ImageRow['id']): string[] {
  return tables.images.names(id).map(({ name }) => familiar(parseReference(name)));
}

function list(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return names.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function words(command: string, names: readonly string[]): string {
  const end = names.length > SHOWN ? ' ...' : '';
  return `${command} ${names.slice(0, SHOWN).join(' ')}${end}`;
}

/** Whether a container has processes, or is about to have them again. */
function isInUse({ state }: ContainerRow): boolean {
  return isUp(state) || state === 'restarting';
}
