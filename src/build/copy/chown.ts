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
  if (/^\d+$/.test(text)) {
    const { uid } = resolveUser(text, undefined, undefined);
    return { uid, gid: uid };
  }
  const { uid, gid } = userOf(text, view);
  return { uid, gid };
}
