import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { ignorePatterns } from '../../dockerfile/ignore.ts';
import { finish } from '../../oci/digest.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import { FileList } from '../cache/file-list.ts';
import { OF_THE_BASE, type Fact } from '../cache/key.ts';
import { selectionsOf } from '../copy/parents.ts';
import { selectionDigest, type Exclude, type Selection } from '../copy/select.ts';
import { stackSource } from '../copy/stack-source.ts';
import type { Source } from '../copy/tree.ts';
import type { CopyOp, ExecOp, MkdirOp, Vertex } from '../graph.ts';
import type { Recipe, Solved } from '../solver-parts.ts';

/** Opens the build context, or a named one, fetching it if need be. Undefined where a build has none. */
export type Contexts = (name: string | undefined) => Promise<Source | undefined>;

/** Keys of all ops. COPY reads contexts, nothing else does. */
export function recipeFor(
  contexts: Contexts,
  snapshotter: Snapshotter,
  sourceDateEpoch: number | undefined,
): Recipe {
  // Times that were clamped to another date, or not at all, make another layer.
  const date: Fact[] =
    sourceDateEpoch === undefined
      ? []
      : [{ kind: 'flag', name: 'SOURCE_DATE_EPOCH', value: String(sourceDateEpoch) }];
  return {
    async facts(vertex, call) {
      const { op } = vertex;
      switch (op.kind) {
        case 'exec':
          return [...execFacts(op), ...date];
        case 'mkdir':
          return [...mkdirFacts(op), ...date];
        case 'copy': {
          const own = [...copyFacts(op), ...date];
          if (op.paths.length === 0) return own;
          if (op.from === 'input') return vertex.inputs.length > 0 ? own : [...own, ...missing(op)];
          return [...own, ...(await fileFacts(await requireContext(contexts, op), op, call))];
        }
        default:
          throw new TypeError(`${op.kind} has a key of its own`);
      }
    },
    contentFacts(vertex: Vertex, inputs: readonly Solved[], call: CallOptions) {
      if (vertex.op.kind !== 'copy') throw new TypeError(`${vertex.op.kind} reads no other stage`);
      return fileFacts(stackSource(snapshotter, inputs[0]?.layers ?? []), vertex.op, call);
    },
  };
}

/** The entries that `--exclude` leaves out. */
export function excludeOf(op: CopyOp): Exclude | undefined {
  if (op.exclude.length === 0) return undefined;
  const matcher = ignorePatterns(op.exclude);
  return (relative, directory) =>
    matcher.ignored(relative) !== undefined && !(directory && matcher.mayContainIncluded(relative));
}

/** The context, or an error that names what was asked of it. */
export async function requireContext(contexts: Contexts, op: CopyOp): Promise<Source> {
  const context = await contexts(op.context);
  if (context) return context;
  throw new InvalidInputError(`"${op.paths[0] ?? ''}": not found: this build has no context`, {
    hint: 'Give a directory instead of - to build with a context.',
  });
}

function execFacts(op: ExecOp): Fact[] {
  return [
    { kind: 'instruction', name: 'RUN', value: JSON.stringify(op.argv) },
    ...op.env.map(({ from, name, value, base }) => ({
      kind: from,
      name,
      value,
      ...(base === true && { text: OF_THE_BASE }),
    })),
    { kind: 'flag', name: 'USER', value: op.user },
    { kind: 'flag', name: 'WORKDIR', value: op.cwd },
    { kind: 'flag', name: '--network', value: op.network },
    // Names only: an address may differ between machines that build the same.
    ...op.extraHosts.map((host) => ({
      kind: 'flag' as const,
      name: '--add-host',
      value: host.split(/[:=]/, 1)[0] ?? '',
    })),
    ...(op.hostname === 'buildkitsandbox'
      ? []
      : [{ kind: 'flag' as const, name: 'hostname', value: op.hostname }]),
    ...(op.file ? [{ kind: 'file' as const, name: op.file.path, value: op.file.content }] : []),
  ];
}

function mkdirFacts(op: MkdirOp): Fact[] {
  return [
    { kind: 'instruction', name: 'WORKDIR', value: op.path },
    { kind: 'flag', name: 'USER', value: op.user },
  ];
}

function copyFacts(op: CopyOp): Fact[] {
  const word = op.add ? 'ADD' : 'COPY';
  const flags = {
    chown: op.chown,
    chmod: op.chmod,
    link: op.link || undefined,
    parents: op.parents || undefined,
    unpack: op.unpack,
  };
  return [
    { kind: 'instruction', name: word, value: op.target },
    ...Object.entries(flags).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [{ kind: 'flag' as const, name: `--${name}`, value: String(value) }],
    ),
    ...op.exclude.map((value) => ({ kind: 'flag' as const, name: '--exclude', value })),
    ...op.texts.map(({ name, content }) => ({
      kind: 'file' as const,
      name: `<<${name}`,
      value: content,
    })),
  ];
}

/** One fact for each source as it was written, with the digest of all it selects. */
async function fileFacts(source: Source, op: CopyOp, call: CallOptions): Promise<Fact[]> {
  const exclude = excludeOf(op);
  const facts: Fact[] = [];
  for (const path of op.paths) {
    call.signal?.throwIfAborted();
    const list = new FileList(source.ignoredBy);
    const selections = selectionsOf(source, path, { parents: op.parents, exclude });
    facts.push({
      kind: 'file',
      name: op.parents ? path : posix.normalize(`/${path}`).slice(1) || '.',
      value: await digest(selections, exclude, list),
      list,
    });
  }
  return facts;
}

async function digest(
  selections: readonly Selection[],
  exclude: Exclude | undefined,
  list: FileList,
): Promise<string> {
  const hash = createHash('sha256');
  for (const { source, selected } of selections) {
    // Names count: they are what a file is called in a destination directory.
    for (const { name } of selected) hash.update(name).update('\0');
    hash.update(await selectionDigest(source, selected, exclude, list));
  }
  return finish(hash);
}

/** An empty stage has no files: whatever is asked of it is missing. */
function missing(op: CopyOp): Fact[] {
  const [path = ''] = op.paths;
  throw new InvalidInputError(
    `failed to compute cache key: "${posix.normalize(`/${path}`)}": not found`,
    {
      hint: 'The stage it is copied from is empty.',
    },
  );
}
