import { posix } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { ignorePatterns } from '../../dockerfile/ignore.ts';
import { PieceHash } from '../../oci/digest.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import { FileList } from '../cache/file-list.ts';
import { OF_THE_BASE, type Fact } from '../cache/key.ts';
import { selectionsOf } from '../copy/parents.ts';
import { selectionDigest, type Exclude, type Selection } from '../copy/select.ts';
import { stackSource } from '../copy/stack-source.ts';
import type { Source } from '../copy/tree.ts';
import type { CopyOp, ExecOp, MkdirOp, Vertex } from '../graph.ts';
import { contentFact, mountedContext, mountFacts, noContext, reading } from '../mounts/facts.ts';
import type { Recipe, Solved } from '../solver-parts.ts';
import type { RemoteSources } from '../sources/remote-sources.ts';

/** Opens the build context, or a named one, fetching it if need be. Undefined where a build has none. */
export type Contexts = (name: string | undefined) => Promise<Source | undefined>;

/** Keys of all ops. COPY reads contexts, nothing else does. */
export function recipeFor(
  contexts: Contexts,
  remotes: Pick<RemoteSources, 'identity'>,
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
          return [...execFacts(op), ...(await contextFacts(op, contexts, call)), ...date];
        case 'mkdir':
          return [...mkdirFacts(op), ...date];
        case 'copy': {
          const own = [...copyFacts(op), ...(await remoteFacts(remotes, op, call)), ...date];
          if (op.paths.length === 0) return own;
          if (op.from === 'input') return vertex.inputs.length > 0 ? own : [...own, ...missing(op)];
          return [...own, ...(await fileFacts(await requireContext(contexts, op), op, call))];
        }
        default:
          throw new TypeError(`${op.kind} has a key of its own`);
      }
    },
    contentFacts(vertex: Vertex, inputs: readonly Solved[], call: CallOptions) {
      const { op } = vertex;
      const source = (index: number): Source =>
        stackSource(snapshotter, inputs[index]?.layers ?? []);
      if (op.kind === 'copy') return fileFacts(source(0), op, call);
      if (op.kind !== 'exec') throw new TypeError(`${op.kind} reads no other stage`);
      return Promise.all(
        reading(op.mounts, 'input').map((mount) =>
          contentFact(source(mount.origin.index), mount, call),
        ),
      );
    },
  };
}

/** The entries that `--exclude` leaves out. */
export function excludeOf(op: CopyOp): Exclude | undefined {
  if (op.exclude.length === 0) return undefined;
  // Paths have no slash in front, so a pattern with one matches nothing, as in BuildKit.
  const matcher = ignorePatterns(op.exclude.filter((text) => !/^\s*!?\s*\//.test(text)));
  return (relative, directory) => {
    if (matcher.ignored(relative) === undefined) return false;
    return directory && matcher.mayContainIncluded(relative) ? 'way' : true;
  };
}

/** The context, or an error that names what was asked of it. */
export async function requireContext(contexts: Contexts, op: CopyOp): Promise<Source> {
  return (await contexts(op.context)) ?? noContext(op.paths[0] ?? '');
}

/** Mounts of contexts by what they show: any build has those at hand. */
async function contextFacts(op: ExecOp, contexts: Contexts, call: CallOptions): Promise<Fact[]> {
  const facts: Fact[] = [];
  for (const mount of reading(op.mounts, 'context')) {
    const source = await mountedContext(contexts, mount.origin.name, mount.source);
    if (source) facts.push(await contentFact(source, mount, call));
  }
  return facts;
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
    ...(op.insecure ? [{ kind: 'flag' as const, name: '--security', value: 'insecure' }] : []),
    ...op.devices.map(({ name }) => ({ kind: 'flag' as const, name: '--device', value: name })),
    ...mountFacts(op.mounts),
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

/** One fact for each source from elsewhere: the digest of a file, the commit of a tree. */
async function remoteFacts(
  remotes: Pick<RemoteSources, 'identity'>,
  op: CopyOp,
  call: CallOptions,
): Promise<Fact[]> {
  return await Promise.all(
    (op.remotes ?? []).map(async ({ at, ref }): Promise<Fact> => {
      const identity = await remotes.identity(ref, call);
      const value = at === 0 ? identity : `${identity} after ${at}`;
      // A commit is the same wherever it was fetched from.
      return { kind: 'file', name: ref.kind === 'git' ? 'git' : ref.shown, value };
    }),
  );
}

/** One fact for each source as it was written, with the digest of all it selects. */
async function fileFacts(from: Source, op: CopyOp, call: CallOptions): Promise<Fact[]> {
  const source = from.witnessed?.(op) ?? from;
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
      // Where it lies counts only as far as it shows at the destination.
      unnamed: !op.parents,
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
  const hash = new PieceHash();
  for (const { source, selected } of selections) {
    // Names count: they are what a file is called in a destination directory.
    for (const { name } of selected) hash.update(name).update('\0');
    hash.update(await selectionDigest(source, selected, exclude, list));
  }
  return hash.digest();
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
