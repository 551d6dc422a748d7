import { lstatSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isErrno } from '../base/errors.ts';
import { type IgnoreMatcher, parseIgnore } from '../dockerfile/ignore.ts';
import type { Store } from '../store/store.ts';
import type { Contexts } from './ops/recipe.ts';
import { contextSource } from './copy/context-source.ts';
import { privateSource } from './copy/stack-source.ts';
import type { Source } from './copy/tree.ts';
import { BuildError } from './errors.ts';
import type { NamedContext } from './frontend/named-context.ts';
import { readInput, readInputInside } from './read-file.ts';
import type { FetchedContext } from './sources/main-context.ts';

/** Bounds of the two files that the builder itself reads. */
const DOCKERFILE_LIMIT = 1024 * 1024;
const IGNORE_LIMIT = 1024 * 1024;
const DEFAULT_NAMES = ['Dockerfile', 'dockerfile', 'Containerfile'];

/** The main context of a build: a directory, one that was fetched, or none. */
export type MainContext = string | FetchedContext | undefined;

/** The text to build, and a name for it. */
export interface DockerfileInput {
  readonly text: Buffer;
  /** For messages. */
  readonly name: string;
  /** Absolute path, or another stable name: finds earlier records of the same steps. */
  readonly origin: string;
  /** Where it was read from; absent for standard input. */
  readonly path?: string;
}

/** Throws BuildError when there is no such directory; `name` is that of a named context. */
export function checkContext(context: MainContext, name?: string): void {
  if (typeof context !== 'string') return;
  const which =
    name === undefined ? 'unable to prepare context' : `failed to get build context ${name}`;
  try {
    if (statSync(context).isDirectory()) return;
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    throw new BuildError(`${which}: path ${JSON.stringify(context)} not found`);
  }
  throw new BuildError(`${which}: path ${JSON.stringify(context)} is not a directory`);
}

/** What {@link readDockerfile} will call it, before it is known to be there. */
export function nameOfDockerfile(
  context: MainContext,
  given: { readonly path: string } | { readonly text: string } | undefined,
): string {
  const isInContext = typeof context === 'object' && context.file !== undefined;
  return given && 'path' in given && !isInContext ? basename(given.path) : 'Dockerfile';
}

/** Finds and reads the Dockerfile; in a fetched context inside of it. Throws BuildError. */
export function readDockerfile(
  context: MainContext,
  given: { readonly path: string } | { readonly text: string } | undefined,
): DockerfileInput {
  const fetched = typeof context === 'object';
  if (given && 'text' in given) {
    const place = fetched ? context.origin : context === undefined ? '' : realpathSync(context);
    const origin = place === '' ? '-' : `${place}/-`;
    return { text: Buffer.from(given.text), name: 'Dockerfile', origin };
  }
  if (fetched && context.file !== undefined) {
    const { file, origin } = context;
    const text = readInput(file, DOCKERFILE_LIMIT, origin) ?? Buffer.alloc(0);
    return { text, name: 'Dockerfile', origin };
  }
  const names = given ? [given.path] : DEFAULT_NAMES;
  for (const name of names) {
    if (fetched) {
      const text = readInputInside(context.directory, name, DOCKERFILE_LIMIT);
      if (text) return { text, name: basename(name), origin: `${context.origin}/${name}` };
      continue;
    }
    const path = given ? name : join(context ?? '.', name);
    const text = readInput(path, DOCKERFILE_LIMIT);
    if (text) return { text, name: basename(path), origin: realpathSync(path), path };
  }
  throw new BuildError(
    `failed to solve: failed to read dockerfile: open ${names[0]}: no such file or directory`,
    { hint: 'Name it with -f, or change to the directory it lies in.' },
  );
}

/** Opens the build context and the named ones when they are first read; closes them together. */
export function openContexts(
  input: {
    readonly context: MainContext;
    readonly contexts: ReadonlyMap<string, NamedContext>;
  },
  dockerfile: DockerfileInput,
  store: Store,
  fetch: (name: string, url: string) => Promise<Source>,
): Disposable & { readonly get: Contexts } {
  const opened = new Map<string | undefined, Promise<Source & Partial<Disposable>>>();
  const closing: Disposable[] = [];
  const local = (path: string, beside: string | undefined): Source => {
    const source = openContext(path, beside, store);
    closing.push(source);
    return source;
  };
  const open = async (name: string | undefined): Promise<Source> => {
    if (name === undefined) {
      const { context } = input;
      if (typeof context === 'object') return privateSource(context.directory, { owners: false });
      // An ignore file beside the Dockerfile speaks of the main context only.
      return local(context ?? '', dockerfile.path);
    }
    const named = input.contexts.get(name);
    if (named?.kind === 'directory') return local(named.path, undefined);
    if (named?.kind === 'remote') return await fetch(name, named.url);
    throw new TypeError(`${name} is no context of files`);
  };
  return {
    async get(name) {
      if (name === undefined && isEmpty(input.context)) return undefined;
      let source = opened.get(name);
      if (!source) opened.set(name, (source = open(name)));
      return await source;
    },
    [Symbol.dispose]() {
      for (const source of closing) source[Symbol.dispose]();
    },
  };
}

/** Whether a build has no context at all: there was nothing but a Dockerfile. */
function isEmpty(context: MainContext): boolean {
  return context === undefined || (typeof context === 'object' && context.file !== undefined);
}

/** The ignore rules of a context: of the file beside the Dockerfile, else of its own. */
export function readIgnore(
  context: string,
  dockerfile: string | undefined,
): { readonly file: string; readonly matcher: IgnoreMatcher } | undefined {
  const own = dockerfile === undefined ? [] : [`${dockerfile}.dockerignore`];
  for (const file of [...own, join(context, '.dockerignore')]) {
    const text = readInput(file, IGNORE_LIMIT);
    if (text) return { file, matcher: parseIgnore(text.toString()) };
  }
  return undefined;
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** A directory as a source for COPY, with the ignore file that belongs to it. */
function openContext(
  context: string,
  dockerfile: string | undefined,
  store: Store,
): Source & Disposable {
  const ignore = readIgnore(context, dockerfile);
  if (!ignore) {
    return contextSource(context, undefined, store, {});
  }
  const { file, matcher } = ignore;
  return contextSource(
    context,
    {
      ignored: (path) => matcher.ignored(path) !== undefined,
      mayContainIncluded: (path) => matcher.mayContainIncluded(path),
    },
    store,
    {
      explainMissing(path) {
        const decided = matcher.ignored(path.slice(1));
        if (!decided || !isThere(join(context, path))) return undefined;
        return `${basename(file)} line ${decided.line} (${decided.pattern}) keeps it out of the context.`;
      },
      ignoredBy(path) {
        const decided = matcher.ignored(path);
        return decided && `${basename(file)}:${decided.line}`;
      },
    },
  );
}
