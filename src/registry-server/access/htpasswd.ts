import { InvalidInputError } from '../../base/errors.ts';
import { isUserName } from './rules.ts';

/** Users and the hashes of their passwords. */
export interface Users {
  readonly hashes: ReadonlyMap<string, string>;
  /** What checking the password of somebody unknown costs too: the largest exponent. */
  readonly cost: number;
}

/** With more a login takes minutes. */
const COST_LIMIT = 16;
const DEFAULT_COST = 10;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/** Reads a file that `htpasswd -B` wrote. Throws InvalidInputError that names the line. */
export function parseHtpasswd(text: string, path: string): Users {
  const hashes = new Map<string, string>();
  let cost = 0;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const refuse = (why: string, hint?: string): InvalidInputError =>
      new InvalidInputError(`${path}, line ${index + 1}: ${why}`, { hint });
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    const hash = line.slice(colon + 1);
    if (colon < 0) throw refuse('a line is "name:hash"');
    if (!isUserName(name)) throw refuse('this is no name that a user can have');
    if (hashes.has(name)) throw refuse('the user has a line above already');
    const [, exponent] = BCRYPT.exec(hash) ?? [];
    if (exponent === undefined) {
      throw refuse(
        'the hash is not one of bcrypt',
        "Make the line with 'stave registry htpasswd USER' or 'htpasswd -B'.",
      );
    }
    if (Number(exponent) < 4 || Number(exponent) > COST_LIMIT) {
      throw refuse(`the cost of a hash is from 4 to ${COST_LIMIT}`);
    }
    cost = Math.max(cost, Number(exponent));
    hashes.set(name, hash);
  }
  return { hashes, cost: cost || DEFAULT_COST };
}

/** A hash that no password has, as costly as others. */
export function impossibleHash(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}

/**
 * Reads a file of `group: name name …` lines, as Apache's AuthGroupFile: the groups of each user.
 * Throws InvalidInputError that names the line.
 */
export function parseGroups(text: string, path: string): ReadonlyMap<string, ReadonlySet<string>> {
  const groups = new Map<string, Set<string>>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, group = '', users] = /^([^:]+):(.*)$/.exec(line) ?? [];
    const names = (users ?? '').split(/\s+/).filter(Boolean);
    if (users === undefined || ![group, ...names].every(isUserName)) {
      throw new InvalidInputError(`${path}, line ${index + 1}: a line is "group: user user"`);
    }
    for (const name of names) {
      const known = groups.get(name) ?? new Set();
      groups.set(name, known.add(group));
    }
  }
  return groups;
}
