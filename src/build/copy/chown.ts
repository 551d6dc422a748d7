import { closest } from '../../base/suggest.ts';
import { UnknownUserError } from '../../runtime/errors.ts';
import { resolveUser } from '../../runtime/user.ts';
import type { StackView } from '../../snapshot/stack-view.ts';

/** Largest passwd or group file that is read. */
const LIMIT = 10 * 1024 * 1024;

/** Numeric owner of a file. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What USER means in a root file system. Throws UnknownUserError. */
export function userOf(text: string, view: StackView): ReturnType<typeof resolveUser> {
  return resolveUser(text, view.read('/etc/passwd', LIMIT), view.read('/etc/group', LIMIT));
}

/**
 * What `--chown=user[:group]` means: unlike USER, a number alone is its own group, and `:group`
 * leaves the user root. Throws UnknownUserError for a name that the image does not know.
 */
export function ownerOf(text: string, view: StackView): Owner {
  try {
    if (/^\d+$/.test(text)) {
      const { uid } = resolveUser(text, undefined, undefined);
      return { uid, gid: uid };
    }
    const { uid, gid } = userOf(text, view);
    return { uid, gid };
  } catch (error) {
    if (!(error instanceof UnknownUserError)) throw error;
    throw new UnknownUserError(`--chown=${text}: ${error.message}`, nextStep(text, view));
  }
}

/** What to do about a name that the image does not know. */
function nextStep(text: string, view: StackView): string {
  const [user = '', group = ''] = text.split(':');
  for (const [word, file] of [
    [user, '/etc/passwd'],
    [group, '/etc/group'],
  ] as const) {
    if (word === '' || /^[+-]?\d+$/.test(word)) continue;
    const names = namesIn(view.read(file, LIMIT));
    if (names === undefined) return `The image has no ${file}: give numbers, such as 1000:1000.`;
    if (names.includes(word)) continue;
    const near = closest(word, names);
    if (near !== undefined) return `Did you mean ${near}?`;
    return `Make ${word} in a RUN before it, or give its number.`;
  }
  return 'Give numbers between 0 and 4294967294.';
}

function namesIn(file: Buffer | undefined): string[] | undefined {
  return file
    ?.toString()
    .split('\n')
    .map((line) => line.slice(0, Math.max(line.indexOf(':'), 0)))
    .filter((name) => name !== '' && name.length <= 64);
}
