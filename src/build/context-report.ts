import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { InvalidInputError, isErrno, StaveError } from '../base/errors.ts';
import { breather } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import type { IgnoreMatcher, IgnoreRule } from '../dockerfile/ignore.ts';
import { evaluateAll } from './frontend/frontend.ts';
import { frontendOptions, type CheckInput, type FindBase } from './check.ts';
import { contextTree } from './copy/context.ts';
import { selectionsOf } from './copy/parents.ts';
import { privateSource } from './copy/stack-source.ts';
import type { Source } from './copy/tree.ts';
import { walkTree } from './copy/walk-tree.ts';
import type { Vertex } from './graph.ts';
import { readDockerfile, readIgnore, type DockerfileInput } from './inputs.ts';
import { reading, sourceEntry } from './mounts/facts.ts';
import { excludeOf } from './ops/recipe.ts';
import { readFile } from './plan.ts';

/** The line of an ignore file that decided about a path. */
export interface RuleAt {
  /** As it was given to the build: `.dockerignore`, or that of the Dockerfile. */
  readonly file: string;
  readonly line: number;
  readonly pattern: string;
  /** `!`: it lets the path in. */
  readonly exception: boolean;
}

/** Something that lies in a build context, or that a rule keeps out of it. */
export interface ContextEntry {
  /** From the context's root, without a leading slash. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  /** Bytes of a file's content. */
  readonly size: number;
  /** It is not in the context because of this. Of an ignored directory nothing below is listed. */
  readonly ignored?: RuleAt;
  /** Lines of the Dockerfile that take it. */
  readonly usedBy: readonly number[];
}

/** All of a context. */
export interface ContextListing {
  readonly entries: readonly ContextEntry[];
  /** Name of the Dockerfile that `usedBy` speaks of; absent where there is none. */
  readonly dockerfile?: string;
}

/** What is known of one path. */
export interface ExplainedPath {
  readonly path: string;
  readonly state: 'included' | 'ignored' | 'missing' | 'outside';
  /** The last rule that matches; absent where none does. */
  readonly rule?: RuleAt;
  /** Lines of the Dockerfile that take it. */
  readonly usedBy: readonly number[];
  readonly dockerfile?: string;
}

/** A context with its rules and the Dockerfile that reads it. */
interface Looked {
  readonly root: string;
  readonly matcher: IgnoreMatcher | undefined;
  readonly ignoreFile: string;
  readonly dockerfile: DockerfileInput | undefined;
}

/**
 * Lists what a build context holds, by path; with `ignored` also what rules keep out. Says of
 * everything which lines of the Dockerfile take it. Throws InvalidInputError.
 */
export async function listContext(
  input: CheckInput,
  find: FindBase,
  options: { readonly ignored?: boolean },
  call: CallOptions,
): Promise<ContextListing> {
  const looked = look(input);
  const used = usesOf(looked, input, find);
  const entries: ContextEntry[] = [];
  const breathe = breather();
  for (const { path, stat } of walk(looked, '', options.ignored === true)) {
    call.signal?.throwIfAborted();
    await breathe();
    const { matcher } = looked;
    const rule = matcher?.ignored(path);
    entries.push({
      path,
      kind: kindOf(stat),
      size: stat.isFile() ? stat.size : 0,
      ...(rule && { ignored: ruleAt(looked, rule) }),
      usedBy: used?.get(path) ?? [],
    });
  }
  return { entries, ...(looked.dockerfile && used && { dockerfile: looked.dockerfile.name }) };
}

/** Says of paths (absolute, or from the context's root) whether they are in the context, and why. */
export function explainPaths(
  input: CheckInput,
  find: FindBase,
  paths: readonly string[],
): ExplainedPath[] {
  const looked = look(input);
  const { root, matcher, dockerfile } = looked;
  const used = usesOf(looked, input, find);
  return paths.map((typed) => {
    const path = relative(root, resolve(root, typed));
    if (path === '..' || path.startsWith('../'))
      return { path: typed, state: 'outside', usedBy: [] };
    const rule = path === '' ? undefined : matcher?.deciding(path);
    const ignored = path !== '' && matcher?.ignored(path) !== undefined;
    const there = statOf(join(root, path)) !== undefined;
    return {
      path: path === '' ? '.' : path,
      state: ignored ? 'ignored' : there ? 'included' : 'missing',
      ...(rule && { rule: ruleAt(looked, rule) }),
      usedBy: used?.get(path) ?? [],
      ...(dockerfile && used && { dockerfile: dockerfile.name }),
    };
  });
}

function look(input: CheckInput): Looked {
  const { context } = input;
  if (typeof context !== 'string')
    throw new InvalidInputError('a context to look at is a directory');
  const dockerfile = found(() => readDockerfile(context, input.dockerfile));
  const ignore = readIgnore(context, dockerfile?.path);
  return {
    root: resolve(context),
    matcher: ignore?.matcher,
    ignoreFile: ignore ? relative(resolve(context), ignore.file) : '.dockerignore',
    dockerfile,
  };
}

/** Undefined for a Dockerfile that is not there: a context can be looked at without one. */
function found<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    if (error instanceof StaveError) return undefined;
    throw error;
  }
}

function ruleAt({ ignoreFile }: Looked, { line, pattern, exception }: IgnoreRule): RuleAt {
  return { file: ignoreFile, line, pattern, exception };
}

/** Depth first, names sorted; below ignored directories only what comes back. */
function* walk(
  looked: Looked,
  directory: string,
  withIgnored: boolean,
): Generator<{ readonly path: string; readonly stat: Stats }> {
  const { root, matcher } = looked;
  for (const name of readdirSync(join(root, directory)).sort()) {
    const path = directory === '' ? name : `${directory}/${name}`;
    const stat = statOf(join(root, path));
    if (!stat) continue;
    const rule = matcher?.ignored(path);
    const inside = stat.isDirectory() && (!rule || matcher?.mayContainIncluded(path));
    if (!rule || withIgnored) yield { path, stat };
    if (inside) yield* walk(looked, path, withIgnored);
  }
}

/** Lines that take a path, of all stages; undefined without a Dockerfile that can be read. */
function usesOf(
  looked: Looked,
  input: CheckInput,
  find: FindBase,
): Map<string, number[]> | undefined {
  const { dockerfile } = looked;
  return dockerfile && found(() => usesIn(looked, dockerfile, input, find));
}

function usesIn(
  { root, matcher }: Looked,
  dockerfile: DockerfileInput,
  input: CheckInput,
  find: FindBase,
): Map<string, number[]> {
  const vertices = new Set<Vertex>();
  const file = readFile(dockerfile, input.args);
  evaluateAll(file, {
    ...frontendOptions(input, dockerfile, find, new Set()),
    watch: { applied: (_stage, { vertex }) => void (vertex && vertices.add(vertex)) },
  });
  const source: Source = {
    ...privateSource(root, { owners: false }),
    tree: contextTree(root, {
      ignored: (path) => matcher?.ignored(path) !== undefined,
      mayContainIncluded: (path) => matcher?.mayContainIncluded(path) !== false,
    }),
  };
  const uses = new Map<string, number[]>();
  for (const vertex of vertices) {
    const line = vertex.span?.start.line;
    if (line === undefined) continue;
    // A source that is not there takes nothing; the build says so.
    found(() => {
      for (const path of takenBy(vertex, source)) {
        const lines = uses.get(path);
        if (!lines) uses.set(path, [line]);
        else if (!lines.includes(line)) lines.push(line);
      }
    });
  }
  return uses;
}

function* takenBy({ op }: Vertex, source: Source): Generator<string> {
  if (op.kind === 'exec') {
    for (const mount of reading(op.mounts, 'context')) {
      if (mount.origin.name !== undefined) continue;
      const entry = sourceEntry(source, mount.source);
      if (entry) yield* walkTree(source.tree, entry, undefined);
    }
  }
  if (op.kind !== 'copy' || op.from !== 'context' || op.context !== undefined) return;
  const exclude = excludeOf(op);
  for (const path of op.paths) {
    for (const { source: from, selected } of selectionsOf(source, path, {
      parents: op.parents,
      exclude,
    })) {
      for (const { entry } of selected) yield* walkTree(from.tree, entry, exclude);
    }
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}

function kindOf(stat: Stats): ContextEntry['kind'] {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  return stat.isSymbolicLink() ? 'symlink' : 'other';
}
