import { shownName } from '../layer/errors.ts';
import { InvalidArchiveError } from './errors.ts';

/** Bytes of a member's name: a digest and some directories, with much room. */
const NAME_LIMIT = 1024;

/** Archives hold several images, each of which may be as large as a layer may be. */
export const ARCHIVE_LIMITS = { unpackedBytes: 1024 ** 4, entries: 200_000 };

/** A member's name as one path: `./a//b/` is `a/b`. Throws InvalidArchiveError for names that climb out or are too long. */
export function memberName(path: Uint8Array): string {
  if (path.length > NAME_LIMIT) {
    throw new InvalidArchiveError(
      `the archive holds a name of ${path.length} bytes, which no part of an image has`,
    );
  }
  const name = inside('', Buffer.from(path).toString());
  if (name !== undefined) return name;
  throw new InvalidArchiveError(
    `the archive holds the name ${shownName(path)}, which leads out of it`,
  );
}

/** `path` seen from the directory `from`; undefined when it leads out of the archive. */
export function inside(from: string, path: string): string | undefined {
  if (path.includes('\0')) return undefined;
  const parts: string[] = path.startsWith('/') ? [] : from.split('/').filter((part) => part !== '');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** The directory that a member is in; empty at the top. */
export function parentOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')));
}
