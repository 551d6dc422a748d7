import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { collect, type Bytes } from '../../base/bytes.ts';
import { InvalidInputError, UsageError } from '../../base/errors.ts';
import type { BuildRequest } from '../../engine/build-types.ts';
import type { Input } from '../command.ts';

const DOCKERFILE_LIMIT = 4 * 1024 * 1024;
/** What names a place on a network: a URL, or a repository as ssh writes it. */
const REMOTE = /^(?:(?:https?|git|ssh):\/\/|[A-Za-z0-9._-]+@[A-Za-z0-9._-]+:)/i;
const GITHUB = /^github\.com\/[^/]+\/[^#?]+/;

/** What the command line says of the context and of the Dockerfile. */
export interface TypedSources {
  readonly where: string;
  /** `--file`. */
  readonly file: string | undefined;
  readonly cwd: string;
  readonly stdin: Pick<Input, 'bytes'>;
}

/** Where the context and the Dockerfile come from. Throws InvalidInputError, UsageError. */
export async function contextSources(
  typed: TypedSources,
): Promise<Pick<BuildRequest, 'context' | 'dockerfile'>> {
  const { where, file, cwd, stdin } = typed;
  if (where === '-') return await fromInput(typed);
  const url = isDirectory(resolve(cwd, where)) ? undefined : urlOf(where);
  const context = url === undefined ? directory(where, cwd) : { url };
  if (file === '-') return { context, dockerfile: { text: await dockerfileText(stdin.bytes()) } };
  if (typeof context === 'string') {
    return { context, dockerfile: { path: dockerfilePath(context, file, cwd) } };
  }
  return { context, ...inside(file) };
}

/** Named contexts; directories are made absolute. Throws UsageError. */
export function namedContextsOf(texts: readonly string[], cwd: string): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      const [name, value] = [text.slice(0, at), text.slice(at + 1)];
      if (at <= 0 || value === '') {
        throw new UsageError(`invalid context value: ${text}, expected key=value`);
      }
      return [name, isDirectory(resolve(cwd, value)) ? resolve(cwd, value) : placeOf(value, cwd)];
    }),
  );
}

/** The caller's proxies. */
export function proxiesOf(
  env: Readonly<Record<string, string | undefined>>,
): Pick<BuildRequest, 'proxies'> {
  const found = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY']
    .flatMap((name) => [name, name.toLowerCase()])
    .flatMap((name): [string, string][] => (env[name] ? [[name, env[name]]] : []));
  return found.length === 0 ? {} : { proxies: Object.fromEntries(found) };
}

function placeOf(value: string, cwd: string): string {
  const layout = /^oci-layout:\/\/(.+)$/.exec(value)?.[1];
  if (layout !== undefined) return `oci-layout://${resolve(cwd, layout)}`;
  return urlOf(value) ?? (/^[a-z][a-z0-9+.-]*:/i.test(value) ? value : resolve(cwd, value));
}

function urlOf(text: string): string | undefined {
  if (REMOTE.test(text)) return text;
  const repository = GITHUB.exec(text)?.[0];
  if (repository === undefined) return undefined;
  return `https://${repository.replace(/\.git$/, '')}.git${text.slice(repository.length)}`;
}

/** What lies on standard input: a Dockerfile without a context, or the archive of one. */
async function fromInput({
  file,
  stdin,
}: TypedSources): Promise<Pick<BuildRequest, 'context' | 'dockerfile'>> {
  if (file === '-') {
    throw new UsageError("invalid argument: can't use stdin for both build context and dockerfile");
  }
  const { sniffInput } = await import('../../engine/sniff-input.ts');
  const found = await sniffInput(stdin.bytes());
  if ('tar' in found) return { context: found, ...inside(file) };
  if (file !== undefined) {
    throw new InvalidInputError(
      'ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles',
    );
  }
  return { context: undefined, dockerfile: { text: await dockerfileText(found.text) } };
}

/** A Dockerfile in a context that is yet to come. */
function inside(file: string | undefined): Pick<BuildRequest, 'dockerfile'> {
  return file === undefined ? {} : { dockerfile: { path: file } };
}

function directory(where: string, cwd: string): string {
  const path = resolve(cwd, where);
  if (where === '' || statSync(path, { throwIfNoEntry: false }) === undefined) {
    throw new InvalidInputError(
      `failed to build: unable to prepare context: path ${JSON.stringify(where)} not found`,
    );
  }
  if (isDirectory(path)) return path;
  throw new InvalidInputError(
    `failed to build: unable to prepare context: ${JSON.stringify(where)} is not a directory`,
    { hint: 'An archive can be the context on standard input: stave build - < FILE.' },
  );
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function dockerfilePath(context: string, typed: string | undefined, cwd: string): string {
  // What kind of thing it is, the builder looks at when it opens it.
  const isThere = (path: string): boolean =>
    statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (typed !== undefined) {
    const path = resolve(cwd, typed);
    if (isThere(path)) return path;
  } else {
    const found = ['Dockerfile', 'dockerfile', 'Containerfile']
      .map((name) => join(context, name))
      .find(isThere);
    if (found !== undefined) return found;
  }
  const name = typed ?? 'Dockerfile';
  throw new InvalidInputError(
    `failed to build: failed to solve: failed to read dockerfile: open ${name}: no such file or directory`,
    typed === undefined
      ? { hint: `There is none in the build context ${context}; -f FILE names another.` }
      : {},
  );
}

async function dockerfileText(bytes: Bytes): Promise<string> {
  try {
    return (await collect(bytes, DOCKERFILE_LIMIT)).toString();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidInputError(
      `what is on standard input is no Dockerfile: it is larger than ${DOCKERFILE_LIMIT} bytes`,
    );
  }
}
