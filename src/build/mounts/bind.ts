import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CallOptions } from '../../base/progress.ts';
import type { NestedPoint, PreparedSource } from '../../runtime/prepare.ts';
import { setTimes } from '../../sys/times.ts';
import { setXattr } from '../../sys/xattr.ts';
import { planCopy } from '../copy/fill.ts';
import { stackSource } from '../copy/stack-source.ts';
import type { Source, TreeEntry } from '../copy/tree.ts';
import { writePlan } from '../copy/write.ts';
import type { BindMount } from '../exec-mount.ts';
import { newPlan } from '../ops/copy.ts';
import { mountedContext, sourceEntry } from './facts.ts';
import { makeHiding } from './hide.ts';
import type { MadeMount, MountParts } from './parts.ts';
import { survey } from './survey.ts';
import { lchown } from '../../sys/owner.ts';

/** Everything that is needed to bring one bind mount about. */
interface Job {
  readonly mount: BindMount;
  readonly parts: MountParts;
  /** Scratch of this mount alone. */
  readonly scratch: string;
  /** Places that other mounts need inside it. */
  readonly points: readonly NestedPoint[];
  /** The process may mount again as writable what it is shown: then nothing is what it shows. */
  readonly insecure: boolean;
  readonly call: CallOptions;
}

const ALL = Buffer.alloc(0);

/**
 * Shows files of a context or of another root. Nothing is copied where the files can be shown
 * as they are; what is written goes to the scratch of the step. Throws SourceNotFoundError.
 */
export async function makeBind(job: Job): Promise<MadeMount> {
  const { mount, parts } = job;
  const { origin } = mount;
  mkdirSync(job.scratch, { mode: 0o700 });
  if (origin.kind === 'context') {
    const source = await mountedContext(parts.contexts, origin.name, mount.source);
    const entry = source && sourceEntry(source, mount.source);
    return source && entry ? ofContext(job, source, entry) : empty(job);
  }
  const layers = origin.kind === 'input' ? (parts.inputs[origin.index]?.layers ?? []) : [];
  const source = stackSource(parts.snapshotter, layers);
  const entry = sourceEntry(source, mount.source);
  if (!entry) return empty(job);
  const path = entry.path.subarray(1);
  if (entry.kind === 'file') {
    if (!mount.readonly || job.insecure) return copied(job, source, entry);
    // A path in a layer is the path in the stack, links resolved.
    const root = entry.file.subarray(0, entry.file.length - entry.path.length).toString();
    return prepared(job, { kind: 'directory', root, path, file: true });
  }
  const lower = parts.snapshotter.directories(layers);
  const upper = upperFor(job, source, source.tree.find('/'));
  return prepared(job, { kind: 'overlay', overlay: { lower, ...upper }, path, ...pointsOf(job) });
}

async function ofContext(job: Job, source: Source, entry: TreeEntry): Promise<MadeMount> {
  const { directory: root } = source;
  if (root === undefined) return copied(job, source, entry);
  const path = entry.path.subarray(1);
  if (entry.kind === 'file') {
    const own = entry.stat.uid === 0n && entry.stat.gid === 0n;
    if (!own || !job.mount.readonly || job.insecure) return copied(job, source, entry);
    return prepared(job, { kind: 'directory', root, path, file: true });
  }
  const { faithful, hidden } = await survey(source, entry);
  if (!faithful) return copied(job, source, entry);
  const hiding = hidden.length > 0 || !isPlain(entry);
  const upper = upperFor(job, source, entry);
  if (!hiding && upper === undefined) {
    return prepared(job, { kind: 'directory', root, path, file: false });
  }
  const hide = join(job.scratch, 'hidden');
  if (hiding) makeHiding(hide, source, entry, hidden);
  const overlay = { lower: hiding ? [hide] : [], ...upper };
  return prepared(job, {
    kind: 'overlay',
    bottom: { root, path },
    overlay,
    path: ALL,
    ...pointsOf(job),
  });
}

/** A context's own directory is 0755 and root's, wherever it was checked out. */
function isPlain({ path, stat }: TreeEntry): boolean {
  const plain = stat.uid === 0n && stat.gid === 0n && (stat.mode & 0o7777n) === 0o755n;
  return path.length > 1 || plain;
}

/** Where writes go, for mounts that take them, by whatever way, or have others inside. */
function upperFor(
  { mount, scratch, points, insecure }: Job,
  source: Source,
  like: TreeEntry | undefined,
): { upper: string; work: string; volatile: true } | undefined {
  if (mount.readonly && points.length === 0 && !insecure) return undefined;
  const [upper, work] = [join(scratch, 'upper'), join(scratch, 'work')];
  for (const path of [upper, work]) mkdirSync(path);
  if (like) settle(source, like, upper);
  return { upper, work, volatile: true };
}

/** What cannot be shown as it is: other owners than a copy would have, or a file to be written to. */
async function copied(job: Job, source: Source, entry: TreeEntry): Promise<MadeMount> {
  const { parts, scratch, call } = job;
  const plan = newPlan(parts.snapshotter.view([]), { now: parts.now() }, undefined);
  planCopy(plan, source, [{ entry, name: Buffer.from('copy') }], '/copy', { now: parts.now() });
  await writePlan(plan, scratch, undefined, call);
  const copy = join(scratch, 'copy');
  if (entry.kind === 'directory') settle(source, entry, copy);
  return prepared(job, {
    kind: 'directory',
    root: entry.kind === 'file' ? scratch : copy,
    path: entry.kind === 'file' ? Buffer.from('copy') : ALL,
    file: entry.kind === 'file',
    ...pointsOf(job),
  });
}

function empty(job: Job): MadeMount {
  const root = join(job.scratch, 'empty');
  mkdirSync(root, 0o755);
  return prepared(job, { kind: 'directory', root, path: ALL, file: false, ...pointsOf(job) });
}

/** Gives a directory the looks of another. */
function settle(source: Source, like: TreeEntry, place: string): void {
  const { mode, uid, gid, mtimeNs } = like.stat;
  const own = !source.keepOwners && like.path.length === 1;
  if (source.keepOwners) lchown(place, Number(uid), Number(gid));
  chmodSync(place, own ? 0o755 : Number(mode) & 0o7777);
  const bytes = Buffer.from(place);
  for (const [name, value] of source.xattrs(like)) setXattr(bytes, name, value);
  setTimes(bytes, mtimeNs);
}

function pointsOf({ points }: Job): { readonly points?: readonly NestedPoint[] } {
  return points.length > 0 ? { points } : {};
}

function prepared({ mount }: Job, source: PreparedSource): MadeMount {
  const file = source.kind === 'directory' && source.file;
  return {
    spec: { type: 'prepared', source, readonly: mount.readonly, options: ['nodev'] },
    kind: file ? 'file' : 'directory',
  };
}
