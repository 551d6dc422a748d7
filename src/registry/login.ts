import type { CallOptions } from '../base/progress.ts';
import type { Connections } from './connection.ts';
import { type Credentials, findCredentials } from './credentials.ts';
import { RegistryAccessError } from './errors.ts';
import { HUB } from './host.ts';
import { InvalidReferenceError } from '../oci/errors.ts';
import { type StoredAt, storeCredentials } from './write-config.ts';

/** What logging in takes. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** The registry that a text names: a host, a URL of one, or nothing for Docker Hub. Throws InvalidReferenceError. */
export function registryNamed(text: string | undefined): string {
  const host = (text ?? '').replace(/^https?:\/\//, '').split('/')[0] ?? '';
  if (['', 'docker.io', 'index.docker.io', HUB.endpoint].includes(host)) return HUB.name;
  if (/^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/.test(host)) return host;
  throw new InvalidReferenceError(`${JSON.stringify(text)} is not the name of a registry`);
}

/** The user name that is stored for a registry, with what else is needed to try it. */
export async function knownCredentials(
  connections: Connections,
  registry: string,
  call: CallOptions = {},
): Promise<Credentials | undefined> {
  return findCredentials(registry, '', connections.settings, call);
}

/**
 * Asks the registry whether credentials are good. Gives the identity token that its token service
 * offers in place of a password. Throws RegistryAccessError, NetError.
 */
export async function checkCredentials(
  connections: Connections,
  registry: string,
  credentials: Credentials,
  call: CallOptions = {},
): Promise<string | undefined> {
  const connection = connections.as(registry, credentials);
  const target = '/v2/';
  let status: string;
  try {
    const response = await connection.ask({ target, scopes: [] }, call);
    await response.discard();
    if (response.status === 200) return connection.identity;
    status = `${response.status} ${STATUS.get(response.status) ?? ''}`.trim();
  } catch (error) {
    if (!(error instanceof RegistryAccessError)) throw error;
    status = '401 Unauthorized';
  }
  const url = new URL(target, await connection.base(call));
  throw new RegistryAccessError(`login attempt to ${url.href} failed with status: ${status}`, {
    hint: status.startsWith('404')
      ? 'There is no registry at this address.'
      : 'Check the user name and the password; many registries want an access token for it.',
  });
}

/** Checks credentials and stores them; wrong ones are not stored. */
export async function login(
  connections: Connections,
  registry: string,
  { username, password }: Login,
  call: CallOptions = {},
): Promise<StoredAt> {
  const credentials = { place: 'login', username, password };
  const identityToken = await checkCredentials(connections, registry, credentials, call);
  return storeCredentials(registry, { username, password, identityToken }, connections.settings);
}

const STATUS = new Map([
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
]);
