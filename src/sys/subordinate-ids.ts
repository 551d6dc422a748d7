import { readFileSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';

/** IDs that a user may give to others in his namespaces. */
export interface SubordinateIds {
  readonly uids: readonly SubordinateRange[];
  readonly gids: readonly SubordinateRange[];
}

interface SubordinateRange {
  readonly first: number;
  readonly count: number;
}

/** The kernel takes so many lines of a map, one of which is the user himself. */
const MOST = 339;

/**
 * The subordinate IDs of a user; undefined where he has none.
 *
 * @see https://man7.org/linux/man-pages/man5/subuid.5.html
 */
export function readSubordinateIds(uid: number, etc = '/etc'): SubordinateIds | undefined {
  const names = [userName(uid, `${etc}/passwd`), String(uid)];
  const [uids = [], gids = []] = ['subuid', 'subgid'].map((file) =>
    rangesOf(textOf(`${etc}/${file}`), names),
  );
  return uids.length > 0 && gids.length > 0 ? { uids, gids } : undefined;
}

function rangesOf(
  text: string,
  names: readonly (string | undefined)[],
): readonly SubordinateRange[] {
  return text
    .split('\n')
    .flatMap((line) => {
      const [name = '', first = '', count = ''] = line.split(':');
      if (!names.includes(name) || !/^\d+$/.test(first) || !/^[1-9]\d*$/.test(count)) return [];
      return [{ first: Number(first), count: Number(count) }];
    })
    .slice(0, MOST);
}

function userName(uid: number, file: string): string | undefined {
  const line = textOf(file)
    .split('\n')
    .find((one) => one.split(':')[2] === String(uid));
  return line?.split(':')[0];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return '';
    throw error;
  }
}
