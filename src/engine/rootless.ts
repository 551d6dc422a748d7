import { existsSync } from 'node:fs';
import { NamespaceError } from '../sys/errors.ts';
import { becomeIn, userNamespace, type UserNamespace } from '../sys/join-namespace.ts';

/** A command of a user who is not root. */
export interface RootlessCommand {
  readonly uid: number;
  readonly gid: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** All of its command line. */
  readonly argv: readonly string[];
  readonly warn: (text: string) => void;
}

/** Tells a command that was started anew whose it is. */
const CALLER = 'STAVE_CALLER_UID';
/** How the monitor of a container is called. */
const BUNDLE = /\/containers\/[0-9a-f]{64}\/bundle$/;

/**
 * Starts a command anew in the user's own namespace, where he is root and may mount: all his
 * containers are there. Returns where the machine lets him have none; what needs it says so.
 */
export async function enterOwnNamespace(command: RootlessCommand): Promise<void> {
  const { uid, gid, cwd, env, argv, warn } = command;
  if (!existsSync('/proc/self/ns/user')) return;
  let namespace: UserNamespace;
  try {
    namespace = await userNamespace({
      directory: namespaceDirectory(uid, env),
      uid,
      gid,
      isInhabitant: (words) => words.some((word) => BUNDLE.test(word)),
    });
  } catch (error) {
    if (!(error instanceof NamespaceError)) throw error;
    warn(error.hint === undefined ? error.message : `${error.message}. ${error.hint}`);
    return;
  }
  if (namespace.made && namespace.single) {
    warn(
      'this user has no subordinate IDs, or newuidmap is missing: all files of images and containers belong to one user, and nobody but root can run in them. ' +
        "'stave doctor' says how to change that.",
    );
  }
  becomeIn(namespace, cwd, argv, { ...env, [CALLER]: String(uid) });
}

/** Where a user's namespace is written down; bin/stave looks there, too. */
export function namespaceDirectory(
  uid: number,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const runtime = env['XDG_RUNTIME_DIR'];
  return runtime !== undefined && runtime !== '' ? `${runtime}/stave` : `/tmp/stave-run-${uid}`;
}
