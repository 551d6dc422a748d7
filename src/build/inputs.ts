import { realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isErrno } from '../base/errors.ts';
import { type IgnoreMatcher, parseIgnore } from '../dockerfile/ignore.ts';
import type { Store } from '../store/store.ts';
import type { Contexts } from './ops/recipe.ts';
import { contextSource } from './copy/context-source.ts';
import type { Source } from './copy/tree.ts';
import { BuildError } from './errors.ts';
import type { NamedContext } from './frontend/named-context.ts';
import { readInput } from './read-file.ts';

/** Bounds of the two files that the builder itself reads. */
const DOCKERFILE_LIMIT = 1024 * 1024;
const IGNORE_LIMIT = 1024 * 1024;
const DEFAULT_NAMES = ['Dockerfile', 'dockerfile', 'Containerfile'];

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

/** Throws BuildError when there is no such directory. */
export function checkContext(context: string | undefined): void {
  if (context === undefined) return;
  try {
    if (statSync(context).isDirectory()) return;
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    throw new BuildError(`unable to prepare context: path ${JSON.stringify(context)} not found`);
  }
  throw new BuildError(
    `unable to prepare context: path ${JSON.stringify(context)} is not a directory`,
  );
}

/** Finds and reads the Dockerfile. Throws BuildError. */
export function readDockerfile(
  context: string | undefined,
  given: { readonly path: string } | { readonly text: string } | undefined,
): DockerfileInput {
  if (given && 'text' in given) {
    const origin = context === undefined ? '-' : `${realpathSync(context)}/-`;
    return { text: Buffer.from(given.text), name: 'Dockerfile', origin };
  }
  const candidates = given ? [given.path] : DEFAULT_NAMES.map((name) => join(context ?? '.', name));
  for (const path of candidates) {
    const text = readInput(path, DOCKERFILE_LIMIT);
    if (text) return { text, name: basename(path), origin: realpathSync(path), path };
  }
  const [first = 'Dockerfile'] = candidates;
  throw new BuildError(
    `failed to solve: failed to read dockerfile: open ${given ? given.path : basename(first)}: no such file or directory`,
    { hint: 'Name it with -f, or change to the directory it lies in.' },
  );
}

/** Opens the build context and the named ones when they are first read; closes them together. */
export function openContexts(
  input: {
    readonly context: string | undefined;
    readonly contexts: ReadonlyMap<string, NamedContext>;
  },
  dockerfile: DockerfileInput,
  store: Store,
): Disposable & { readonly get: Contexts } {
  const opened = new Map<string | undefined, Source & Disposable>();
  return {
    async get(name) {
      const named = name === undefined ? undefined : input.contexts.get(name);
      const path =
        name === undefined ? input.context : named?.kind === 'directory' ? named.path : undefined;
      if (path === undefined) return undefined;
      let source = opened.get(name);
      if (!source) {
        // An ignore file beside the Dockerfile speaks of the main context only.
        source = openContext(path, name === undefined ? dockerfile.path : undefined, store);
        opened.set(name, source);
      }
      return source;
    },
    [Symbol.dispose]() {
      for (const source of opened.values()) source[Symbol.dispose]();
    },
  };
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

/** A directory as a source for COPY, with the ignore file that belongs to it. */
function openContext(
  context: string,
  dockerfile: string | undefined,
  store: Store,
): Source & Disposable {
  const ignore = readIgnore(context, dockerfile);
  if (!ignore) {
    const all = { ignored: () => false, mayContainIncluded: () => true };
    return contextSource(context, all, store, {});
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
        if (!decided) return undefined;
        return `${basename(file)} line ${decided.line} (${decided.pattern}) keeps it out of the context.`;
      },
      ignoredBy(path) {
        const decided = matcher.ignored(path);
        return decided && `${basename(file)}:${decided.line}`;
      },
    },
  );
}
