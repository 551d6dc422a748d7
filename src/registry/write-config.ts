import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isErrno } from '../base/errors.ts';
import type { JsonObject } from '../oci/json.ts';
import { helperErase, helperStore } from './credential-helper.ts';
import { helperFor, normalKey, serverKey } from './credentials.ts';
import { dockerConfigPath, readAuthFile } from './docker-config.ts';
import { RegistryConfigError } from './errors.ts';
import type { RegistrySettings } from './settings.ts';
import { makeDirectories } from '../sys/make-directories.ts';

/** Where credentials went. */
export interface StoredAt {
  readonly path: string;
  /** The program that keeps them; without one they lie in the file as they are. */
  readonly helper: string | undefined;
  /** False when the same were there already. */
  readonly changed: boolean;
}

/** What is kept for a registry. */
export interface StoredCredentials {
  readonly username: string;
  readonly password: string;
  /** Kept in place of the password. */
  readonly identityToken?: string | undefined;
}

/**
 * Stores credentials as Docker does: with the helper that its config names, or in the config
 * itself. Throws RegistryConfigError, also when the config is broken: it is not written over.
 */
export async function storeCredentials(
  registry: string,
  credentials: StoredCredentials,
  settings: RegistrySettings,
): Promise<StoredAt> {
  const path = dockerConfigPath(settings);
  const json = readAuthFile(path) ?? {};
  const helper = helperFor({ place: path, json }, registry);
  const { username, password, identityToken } = credentials;
  const isToken = identityToken !== undefined;
  const auth = Buffer.from(`${username}:${isToken ? '' : password}`).toString('base64');
  if (helper !== undefined) await helperStore(helper, serverKey(registry), credentials, settings);
  const auths = authsOf(json);
  // What a helper keeps must not lie here as well, as an earlier login may have left it.
  const after =
    helper === undefined ? { auth, ...(isToken && { identitytoken: identityToken }) } : {};
  const changed = !isDeepStrictEqual(auths.get(serverKey(registry)), after);
  if (!changed) return { path, helper, changed };
  auths.set(serverKey(registry), after);
  write(path, { ...json, auths: Object.fromEntries(auths) });
  return { path, helper, changed };
}

/** Forgets the credentials for a registry, wherever they are kept. Throws RegistryConfigError. */
export async function eraseCredentials(
  registry: string,
  settings: RegistrySettings,
): Promise<void> {
  const path = dockerConfigPath(settings);
  const json = readAuthFile(path);
  if (!json) return;
  const helper = helperFor({ place: path, json }, registry);
  if (helper !== undefined) await helperErase(helper, serverKey(registry), settings);
  const auths = authsOf(json);
  const kept = [...auths].filter(([key]) => normalKey(key) !== registry);
  if (kept.length < auths.size) write(path, { ...json, auths: Object.fromEntries(kept) });
}

function authsOf(json: JsonObject): Map<string, unknown> {
  const { auths } = json;
  return new Map(typeof auths === 'object' && auths !== null ? Object.entries(auths) : []);
}

/** The whole file or the old one, for the owner alone. A link stays a link. */
function write(path: string, json: JsonObject): void {
  try {
    makeDirectories(dirname(path), 0o700);
    const target = realPath(path);
    const temporary = `${target}.${randomBytes(6).toString('hex')}`;
    try {
      const fd = openSync(temporary, 'wx', 0o600);
      try {
        chmodSync(temporary, 0o600);
        writeSync(fd, JSON.stringify(json, undefined, '\t'));
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(temporary, target);
    } finally {
      rmSync(temporary, { force: true });
    }
  } catch (error) {
    if (
      !isErrno(error, 'ENOENT', 'EACCES', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EISDIR', 'EPERM')
    ) {
      throw error;
    }
    const why = error instanceof Error ? error.message : String(error);
    throw new RegistryConfigError(`cannot write ${path}: ${why}`, { cause: error });
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return path;
    throw error;
  }
}
