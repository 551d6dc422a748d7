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

/** What USER means in a root file system; `root` needs no line there. Throws UnknownUserError. */
export function userOf(text: string, view: StackView): ReturnType<typeof resolveUser> {
  const passwd = view.read('/etc/passwd', LIMIT);
  const group = view.read('/etc/group', LIMIT);
  const colon = text.indexOf(':');
  const user = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? '' : text.slice(colon);
  const asNumber = (file: Buffer | undefined): boolean => !namesIn(file)?.includes('root');
  return resolveUser(
    (user === 'root' && asNumber(passwd) ? '0' : user) +
      (rest === ':root' && asNumber(group) ? ':0' : rest),
    passwd,
    group,
  );
}

/** A number alone, which is its own group; undefined for any other text. Throws UnknownUserError. */
export function numericOwner(text: string): Owner | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const { uid } = resolveUser(text, undefined, undefined);
  return { uid, gid: uid };
}

/**
 * What `--chown=user[:group]` means: unlike USER, a number alone is its own group, and `:group`
 * leaves the user root. Throws UnknownUserError for a name that the image does not know.
 */
export function ownerOf(text: string, view: StackView): Owner {
  try {
    const { uid, gid } = numericOwner(text) ?? userOf(text, view);
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
