import { readFileSync } from 'node:fs';

/** A line of a map of IDs: `count` IDs from `inside` on are those from `outside` on one level up. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** All IDs there are: what the machine itself has. */
const EVERYTHING = 4_294_967_295;

let own: readonly IdRange[] | undefined;

/**
 * The text of /proc/<pid>/uid_map.
 *
 * @see https://man7.org/linux/man-pages/man7/user_namespaces.7.html
 */
export function parseIdMap(text: string): readonly IdRange[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(line);
    if (!match) return [];
    const [inside = 0, outside = 0, count = 0] = match.slice(1).map(Number);
    return [{ inside, outside, count }];
  });
}

function ownMap(): readonly IdRange[] {
  return (own ??= parseIdMap(readFileSync('/proc/self/uid_map', 'latin1')));
}

/**
 * Whether this process is in a user namespace other than the machine's own: root there is some
 * other user to the machine.
 */
export function inUserNamespace(): boolean {
  return !ownMap().some(
    ({ inside, outside, count }) => inside === 0 && outside === 0 && count === EVERYTHING,
  );
}

/** Whether there is no other user here than root: files cannot be given to anybody. */
export function hasSingleId(): boolean {
  return ownMap().reduce((sum, { count }) => sum + count, 0) === 1;
}

/** Whether a process can be this user here. */
export function hasUser(uid: number): boolean {
  return ownMap().some(({ inside, count }) => uid >= inside && uid < inside + count);
}

/** The largest group ID that there is here. */
export function largestGroup(): number {
  const map = parseIdMap(readFileSync('/proc/self/gid_map', 'latin1'));
  return Math.max(...map.map(({ inside, count }) => inside + count - 1));
}
