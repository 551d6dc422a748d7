import type { CallOptions } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import { Fields } from '../oci/json.ts';
import { type AuthFile, authFiles } from './docker-config.ts';
import { HUB } from './host.ts';
import type { RegistrySettings } from './settings.ts';

/** Who we are to a registry. */
export interface Credentials {
  /** Where they were found, for people. */
  readonly place: string;
  readonly username?: string;
  readonly password?: string;
  /** An OAuth2 refresh token. */
  readonly identityToken?: string;
  /** A bearer token to be shown as it is. */
  readonly registryToken?: string;
}

/**
 * The credentials for a repository (`team/app`, or empty) of a registry. In each place those
 * for the longest part of the name count, and a helper for the host before the general one
 * before what is written down. Undefined when there are none.
 *
 * A file that cannot be read is warned of. Throws RegistryConfigError for a helper that fails.
 */
export async function findCredentials(
  registry: string,
  repository: string,
  settings: RegistrySettings,
  call: CallOptions = {},
): Promise<Credentials | undefined> {
  const files = authFiles(settings, ({ message, hint }) => {
    reporter(call.progress).warn({
      code: 'BrokenConfig',
      message,
      ...(hint !== undefined && { hint }),
    });
  });
  for (const file of files) {
    const found = await inFile(file, registry, repository, settings, call.signal);
    if (found) return found;
  }
  return undefined;
}

/** The server's name as credential files and helpers know it. */
export function serverKey(registry: string): string {
  return registry === HUB.name ? HUB.credentials : registry;
}

/** The helper that keeps the credentials for a server, by a config file; undefined when the file does. */
export function helperFor(config: AuthFile, registry: string): string | undefined {
  const fields = new Fields(config.json, config.place);
  const helpers = fields.optionalTextMap('credHelpers');
  const own = helpers?.[registry] ?? helpers?.[serverKey(registry)];
  return own || fields.optionalText('credsStore') || undefined;
}

async function inFile(
  file: AuthFile,
  registry: string,
  repository: string,
  settings: RegistrySettings,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  const helper = helperFor(file, registry);
  if (helper !== undefined) {
    const { helperGet } = await import('./credential-helper.ts');
    const found = await helperGet(helper, serverKey(registry), settings, signal);
    if (found) return found;
  }
  const auths = new Fields(file.json, file.place).optionalFields('auths');
  if (!auths) return undefined;
  const entries = new Map(
    Object.entries(auths.json).map(([key, value]) => [normalKey(key), value] as const),
  );
  for (const key of keysFor(registry, repository)) {
    const entry = entries.get(key);
    const found = entry === undefined ? undefined : credentialsOf(entry, file.place);
    if (found) return found;
  }
  return undefined;
}

/** `host/ns/repo`, `host/ns`, `host`: the first that is known counts. */
function keysFor(registry: string, repository: string): string[] {
  const parts = repository === '' ? [] : repository.split('/');
  const keys = parts.map((_, at) => `${registry}/${parts.slice(0, parts.length - at).join('/')}`);
  return [...keys, registry];
}

/** Keys are hosts, hosts with a path, or URLs of older days. */
export function normalKey(key: string): string {
  const bare = key.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  const [host = '', ...path] = bare.split('/');
  const isHub = ['index.docker.io', 'registry-1.docker.io', HUB.name].includes(host);
  const isOld = /^v[12]$/.test(path.join('/'));
  return [isHub ? HUB.name : host, ...(isOld ? [] : path)].join('/');
}

function credentialsOf(value: unknown, place: string): Credentials | undefined {
  const fields = new Fields(value, `an entry of "auths" in ${place}`);
  const identityToken = fields.optionalText('identitytoken') || undefined;
  const registryToken = fields.optionalText('registrytoken') || undefined;
  const auth = fields.optionalText('auth') || undefined;
  const pair =
    auth === undefined
      ? {
          username: fields.optionalText('username') ?? '',
          password: fields.optionalText('password') ?? '',
        }
      : split(Buffer.from(auth, 'base64').toString());
  const isPair = pair.username !== '' && pair.password !== '';
  if (!isPair && identityToken === undefined && registryToken === undefined) return undefined;
  return {
    place,
    ...(pair.username !== '' && { username: pair.username }),
    ...(pair.password !== '' && { password: pair.password }),
    ...(identityToken !== undefined && { identityToken }),
    ...(registryToken !== undefined && { registryToken }),
  };
}

/** Docker pads the text with zero bytes at times. */
function split(text: string): { readonly username: string; readonly password: string } {
  const colon = text.indexOf(':');
  if (colon < 0) return { username: '', password: '' };
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
}
