import { mkdirSync, statSync } from 'node:fs';
import { InvalidInputError, isErrno } from '../../base/errors.ts';
import { NotGivenError } from '../errors.ts';
import type { ExecMount, SshMount } from '../exec-mount.ts';
import { readInput } from '../read-file.ts';
import type { RunSettings } from '../run-settings.ts';
import { serveAgent, type AgentSource } from '../ssh/agent.ts';
import { readSshKey } from '../ssh/private-key.ts';
import type { MadeMount } from './parts.ts';

/** Bytes; the largest keys have some ten thousand. */
const KEY_LIMIT = 256 * 1024;

/**
 * A socket that answers for an agent or for keys; undefined where none is given and need not
 * be. Throws NotGivenError and, for files that are no keys, InvalidInputError.
 */
export async function makeSocket(
  { id, required, mode, uid, gid }: SshMount,
  scratch: string,
  settings: RunSettings | undefined,
  scope: AsyncDisposableStack,
): Promise<MadeMount | undefined> {
  const paths = settings?.ssh.get(id);
  if (!paths) {
    if (!required) return undefined;
    throw new NotGivenError(
      `no SSH key ${JSON.stringify(id)} forwarded from the client`,
      `Give it with --ssh ${id} or --ssh ${id}=FILE.`,
    );
  }
  mkdirSync(scratch, { mode: 0o700 });
  const agent = scope.use(await serveAgent(scratch, agentSource(paths), { mode, uid, gid }));
  return { spec: { type: 'bind', source: agent.path, readonly: false }, kind: 'file' };
}

/** Programs find the socket by this variable, also where none was given. */
export function socketVariable(
  mounts: readonly ExecMount[],
): { readonly name: string; readonly value: string }[] {
  const first = mounts.find((mount) => mount.type === 'ssh');
  return first ? [{ name: 'SSH_AUTH_SOCK', value: first.target }] : [];
}

/** What answers for `--ssh id=PATHS`: an agent, or keys. Throws InvalidInputError. */
export function agentSource(paths: readonly string[]): AgentSource {
  const [first = ''] = paths;
  if (paths.length === 1 && isSocket(first)) return { socket: first };
  return {
    keys: paths.map((path) => {
      const text = readInput(path, KEY_LIMIT);
      if (text) return readSshKey(text.toString(), path);
      throw new InvalidInputError(`${path}: no such file or directory`);
    }),
  };
}

function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
