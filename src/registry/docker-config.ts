import { readFileSync } from 'node:fs';
import { InvalidInputError, isErrno } from '../base/errors.ts';
import { Fields, type JsonObject, parseJson } from '../oci/json.ts';
import { RegistryConfigError } from './errors.ts';
import { homeOf, type RegistrySettings, variable } from './settings.ts';

const LIMIT = 4 * 1024 * 1024;

/** A file with credentials in Docker's form, or a text of that form from the environment. */
export interface AuthFile {
  /** For people. */
  readonly place: string;
  readonly json: JsonObject;
}

/** Where `login` writes. */
export function dockerConfigPath(settings: RegistrySettings): string {
  const folder = variable(settings, 'DOCKER_CONFIG') ?? `${homeOf(settings)}/.docker`;
  return `${folder}/config.json`;
}

/**
 * Every source of credentials that is there, the strongest first: `DOCKER_AUTH_CONFIG`, Docker's
 * file, then those of Podman. One that cannot be read is told to `broken` and left out.
 *
 * @see https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
 */
export function authFiles(
  settings: RegistrySettings,
  broken: (error: RegistryConfigError) => void,
): AuthFile[] {
  const home = homeOf(settings);
  const files: AuthFile[] = [];
  const add = (place: string, read: () => JsonObject | undefined): void => {
    try {
      const json = read();
      if (json) files.push({ place, json });
    } catch (error) {
      if (!(error instanceof RegistryConfigError)) throw error;
      broken(error);
    }
  };
  const name = 'DOCKER_AUTH_CONFIG';
  const text = variable(settings, name);
  if (text !== undefined) add(name, () => authsAlone(parsed(Buffer.from(text), name)));
  const runtime = variable(settings, 'XDG_RUNTIME_DIR');
  const config = variable(settings, 'XDG_CONFIG_HOME') ?? `${home}/.config`;
  const paths = [
    dockerConfigPath(settings),
    variable(settings, 'REGISTRY_AUTH_FILE'),
    runtime === undefined ? undefined : `${runtime}/containers/auth.json`,
    `${config}/containers/auth.json`,
  ];
  for (const path of paths) if (path !== undefined) add(path, () => readAuthFile(path));
  return files;
}

/** From the environment come credentials, and no programs that are asked for them. */
function authsAlone({ auths }: JsonObject): JsonObject {
  return auths === undefined ? {} : { auths };
}

/** A file of this form; undefined when there is none. Throws RegistryConfigError. */
export function readAuthFile(path: string): JsonObject | undefined {
  let data: Buffer;
  try {
    data = readFileSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw new RegistryConfigError(`cannot read ${path}`, { cause: error });
  }
  return data.toString().trim() === '' ? {} : parsed(data, path);
}

function parsed(data: Buffer, place: string): JsonObject {
  try {
    return new Fields(parseJson(data, LIMIT, place), place).json;
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new RegistryConfigError(error.message, {
      hint: `Mend ${place} or remove it; it holds the credentials for registries.`,
      cause: error,
    });
  }
}

/**
 * Headers that registries are shown: of `HttpHeaders` in Docker's file those that begin with
 * `X-Meta-`, as Docker does; the others are for its daemon. None from a file that is broken.
 */
export function metaHeaders(settings: RegistrySettings): Record<string, string> {
  try {
    const json = readAuthFile(dockerConfigPath(settings)) ?? {};
    const all = new Fields(json, 'config.json').optionalTextMap('HttpHeaders') ?? {};
    return Object.fromEntries(
      Object.entries(all)
        .map(([name, value]) => [name.toLowerCase(), value] as const)
        .filter(([name, value]) => /^x-meta-[\w-]+$/.test(name) && /^[\x20-\x7e]*$/.test(value)),
    );
  } catch (error) {
    if (error instanceof RegistryConfigError || error instanceof InvalidInputError) return {};
    throw error;
  }
}
