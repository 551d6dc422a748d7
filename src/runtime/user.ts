import { UnknownUserError } from './errors.ts';

/** A user as the kernel needs it, with the home directory of its entry (`/` without one). */
export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  readonly home: string;
}

/** The number above it means "no change" to the kernel. */
const MAX_ID = 2 ** 32 - 2;
/** What the kernel takes (NGROUPS_MAX). */
const MAX_GROUPS = 65_536;
const NUMERIC = /^[+-]?\d+$/;

/**
 * What `USER` or `--user` means in a root file system with these files: `[user][:[group]]`,
 * each a name or a number. A number is never looked up as a name, whatever the files say.
 * Without a group it is the user's own, and the groups that list the user come along.
 *
 * Throws UnknownUserError when a name is in no entry or an ID is out of range.
 */
export function resolveUser(
  spec: string,
  passwd: Buffer | undefined,
  group: Buffer | undefined,
): ResolvedUser {
  const colon = spec.indexOf(':');
  const userText = colon === -1 ? spec : spec.slice(0, colon);
  const groupText = colon === -1 ? '' : spec.slice(colon + 1);

  const wantedUid = numericId(userText === '' ? '0' : userText);
  const entry = find(passwd, (fields) =>
    wantedUid === undefined ? fields[0] === userText : isNumber(fields[2], wantedUid),
  );
  if (wantedUid === undefined && !entry) {
    throw new UnknownUserError(
      `unable to find user ${userText}: no matching entries in passwd file`,
    );
  }
  const uid = wantedUid ?? checkedId(entry?.[2] ?? '', spec);
  const ownGid = entry ? checkedId(entry[3] ?? '', spec) : 0;
  const home = entry?.[5] === undefined || entry[5] === '' ? '/' : entry[5];
  if (groupText !== '') {
    return { uid, gid: resolveGroup(groupText, group), additionalGids: [], home };
  }
  return { uid, gid: ownGid, additionalGids: groupsOf(entry?.[0], group, spec), home };
}

/** What a group name or number means. Throws UnknownUserError. */
export function resolveGroup(text: string, group: Buffer | undefined): number {
  const wanted = numericId(text);
  if (wanted !== undefined) return wanted;
  const entry = find(group, (fields) => fields[0] === text);
  if (!entry) {
    throw new UnknownUserError(`unable to find group ${text}: no matching entries in group file`);
  }
  return checkedId(entry[2] ?? '', text);
}

function groupsOf(name: string | undefined, group: Buffer | undefined, spec: string): number[] {
  if (name === undefined || name === '') return [];
  const gids = new Set<number>();
  for (const fields of entries(group)) {
    if (fields[3]?.split(',').includes(name) !== true) continue;
    gids.add(checkedId(fields[2] ?? '', spec));
    if (gids.size > MAX_GROUPS) {
      throw new UnknownUserError(`user ${name} is in more than ${MAX_GROUPS} groups`);
    }
  }
  return [...gids];
}

/** The number, when it is one; throws when it is out of range. */
function numericId(text: string): number | undefined {
  return NUMERIC.test(text) ? checkedId(text, text) : undefined;
}

/** For entries of others, which may hold any nonsense. */
function isNumber(text: string | undefined, wanted: number): boolean {
  return text !== undefined && NUMERIC.test(text) && Number(text) === wanted;
}

function checkedId(text: string, spec: string): number {
  const id = NUMERIC.test(text) ? Number(text) : Number.NaN;
  if (!(id >= 0 && id <= MAX_ID)) {
    throw new UnknownUserError(`user ${spec}: uids and gids must be in range 0-${MAX_ID}`);
  }
  return id === 0 ? 0 : id;
}

function find(
  file: Buffer | undefined,
  matches: (fields: readonly string[]) => boolean,
): string[] | undefined {
  for (const fields of entries(file)) if (matches(fields)) return fields;
  return undefined;
}

function* entries(file: Buffer | undefined): Generator<string[]> {
  if (!file) return;
  let start = 0;
  while (start < file.length) {
    const newline = file.indexOf(0x0a, start);
    const end = newline === -1 ? file.length : newline;
    const line = file.toString('utf8', start, end).trim();
    if (line !== '' && !line.startsWith('#')) yield line.split(':');
    start = end + 1;
  }
}
