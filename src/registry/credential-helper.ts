import { accessSync, constants } from 'node:fs';
import { Fields, parseJson } from '../oci/json.ts';
import { askProgram } from '../sys/helper.ts';
import type { Credentials } from './credentials.ts';
import { RegistryConfigError } from './errors.ts';
import { type RegistrySettings, variable } from './settings.ts';

const NAME = /^[A-Za-z0-9._-]+$/;
const TIMEOUT = 60_000;
const LIMIT = 1024 * 1024;
/** The user name that says that the secret is an identity token. */
const TOKEN_USER = '<token>';

/**
 * Asks a credential helper. Undefined when it has nothing for `server`.
 * Throws RegistryConfigError when there is no such program or it fails.
 *
 * @see https://github.com/docker/docker-credential-helpers#development
 */
export async function helperGet(
  helper: string,
  server: string,
  settings: RegistrySettings,
  signal?: AbortSignal,
): Promise<Credentials | undefined> {
  const { code, stdout, stderr } = await ask(helper, 'get', server, settings, signal);
  const said = (stdout.trim() || stderr.trim()).slice(0, 300);
  if (code !== 0) {
    if (/credentials not found|no credentials server URL/i.test(said)) return undefined;
    throw failure(helper, code, said);
  }
  const what = `the answer of docker-credential-${helper}`;
  const fields = new Fields(parseJson(Buffer.from(stdout), LIMIT, what), what);
  const username = fields.optionalText('Username') ?? '';
  const secret = fields.optionalText('Secret') ?? '';
  if (secret === '') return undefined;
  const place = `docker-credential-${helper}`;
  if (username === TOKEN_USER) return { place, identityToken: secret };
  return { place, username, password: secret };
}

/** Stores credentials. Throws RegistryConfigError. */
export async function helperStore(
  helper: string,
  server: string,
  {
    username,
    password,
    identityToken,
  }: {
    readonly username: string;
    readonly password: string;
    readonly identityToken?: string | undefined;
  },
  settings: RegistrySettings,
): Promise<void> {
  checkServer(server);
  const [Username, Secret] =
    identityToken === undefined ? [username, password] : [TOKEN_USER, identityToken];
  const input = JSON.stringify({ ServerURL: server, Username, Secret });
  const { code, stdout, stderr } = await ask(helper, 'store', input, settings);
  if (code !== 0) throw failure(helper, code, (stdout.trim() || stderr.trim()).slice(0, 300));
}

/** Forgets credentials; those that are not there are forgotten already. Throws RegistryConfigError. */
export async function helperErase(
  helper: string,
  server: string,
  settings: RegistrySettings,
): Promise<void> {
  const { code, stdout, stderr } = await ask(helper, 'erase', server, settings);
  const said = (stdout.trim() || stderr.trim()).slice(0, 300);
  if (code !== 0 && !/not found/i.test(said)) throw failure(helper, code, said);
}

async function ask(
  helper: string,
  verb: 'get' | 'store' | 'erase',
  input: string,
  settings: RegistrySettings,
  signal?: AbortSignal,
): Promise<Awaited<ReturnType<typeof askProgram>>> {
  if (verb !== 'store') checkServer(input);
  return askProgram(programPath(helper, verb, settings), [verb], {
    input,
    environment: settings.environment ?? {},
    timeout: TIMEOUT,
    signal,
  });
}

/** The protocol is made of lines: a server with a line end in it would be another one (CVE-2020-5260). */
function checkServer(server: string): void {
  if (/[\0\r\n]/.test(server)) throw new RegistryConfigError('a registry cannot be called that');
}

const DOING = { get: 'getting', store: 'storing', erase: 'erasing' } as const;

/** Helpers are what the user has on the PATH; relative entries do not count. */
function programPath(helper: string, verb: keyof typeof DOING, settings: RegistrySettings): string {
  const program = `docker-credential-${helper}`;
  const folders = (variable(settings, 'PATH') ?? '/usr/local/bin:/usr/bin:/bin').split(':');
  const found = NAME.test(helper)
    ? folders
        .filter((folder) => folder.startsWith('/'))
        .map((folder) => `${folder}/${program}`)
        .find(isExecutable)
    : undefined;
  if (found !== undefined) return found;
  throw new RegistryConfigError(
    `error ${DOING[verb]} credentials - err: exec: "${program}": executable file not found in $PATH, out: \`\``,
    { hint: "Install it, or take it out of 'credsStore' and 'credHelpers' in config.json." },
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function failure(helper: string, code: number | undefined, said: string): RegistryConfigError {
  const how = code === undefined ? 'did not end in time' : `ended with exit code ${code}`;
  return new RegistryConfigError(
    `docker-credential-${helper} ${how}${said === '' ? '' : `: ${said}`}`,
  );
}
