import { join } from 'node:path';
import type { CallOptions } from '../../base/progress.ts';
import { FileTableWriter } from '../../layer/file-table-io.ts';
import { LayerStream, type LayerWatch } from '../../layer/layer-stream.ts';
import type { DiffId } from '../../oci/digest.ts';
import type { LayerDraft, Snapshotter } from '../../snapshot/snapshotter.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import type { Lease } from '../../store/store.ts';
import { octalMode, parseMode } from '../copy/chmod.ts';
import { numericOwner, ownerOf, userOf, type Owner } from '../copy/chown.ts';
import { UnknownUserError } from '../../runtime/errors.ts';
import { newDirectory, planCopy, planText, type CopyRules } from '../copy/fill.ts';
import { Plan } from '../copy/plan.ts';
import { selectionsOf } from '../copy/parents.ts';
import { travelling } from '../copy/stack-source.ts';
import type { Source } from '../copy/tree.ts';
import { writePlan } from '../copy/write.ts';
import type { CopyOp, MkdirOp } from '../graph.ts';
import type { Selection } from '../copy/select.ts';
import type { RemoteSources } from '../sources/remote-sources.ts';
import { unpackIfArchive } from './archive.ts';
import { excludeOf } from './recipe.ts';

/** What the ops work with. */
export interface OpParts {
  readonly snapshotter: Snapshotter;
  readonly lease: () => Lease;
  /** Nanoseconds since the epoch: the time of what a step makes itself. */
  readonly now: () => bigint;
  /** Nanoseconds since the epoch that later times become. */
  readonly clamp: bigint | undefined;
  /** Fetches what ADD names by URL. */
  readonly remotes: Pick<RemoteSources, 'selected'>;
  /** Is shown what the new layer holds. */
  readonly watch?: LayerWatch | undefined;
  /** Tells the user what is likely not meant. */
  readonly warn?: (warning: { readonly code: string; readonly message: string }) => void;
}

/**
 * COPY and ADD: plans the layer's tree against the stack below, then writes and hashes it in
 * one pass. Nothing is mounted.
 */
export async function runCopy(
  op: CopyOp,
  files: Source | undefined,
  below: readonly DiffId[],
  parts: OpParts,
  call: CallOptions,
): Promise<DiffId> {
  const source = files?.witnessed?.(op) ?? files;
  const view = parts.snapshotter.view(op.link ? [] : below);
  const rules = rulesFor(op, view, parts);
  const plan = newPlan(view, rules, op.chmod === undefined ? undefined : octalMode(op.chmod));
  if (op.chmod !== undefined) plan.onDirectory = lockedOut(op.chmod, parts);
  const selections = await selectionsFor(op, source, parts, call);
  await using draft = parts.snapshotter.draft(parts.lease());
  const asDirectory = `${op.target}/`.replace('//', '/');
  let archives = 0;
  for (const { source: from, selected, unpack } of selections) {
    for (const one of selected) {
      const scratch = join(draft.scratch, `${archives++}`);
      const place = { view, path: plan.resolve(asDirectory).path, owner: rules.owner };
      const archive =
        unpack && one.entry.kind === 'file'
          ? await unpackIfArchive(from, one.entry, scratch, place, call)
          : undefined;
      if (archive) {
        const { mode: _mode, madeMode: _made, exclude: _exclude, owner, ...kept } = rules;
        const members = { ...kept, replaces: true };
        // `--chmod` is for files that are copied: not for members, nor for what is made for them.
        const made = newDirectory({ ...members, ...(owner && { owner }) });
        plan.directory(place.path, made, made);
        planCopy(plan, archive.source, [archive.root], asDirectory, members);
      } else {
        planCopy(plan, from, [one], op.parents ? asDirectory : op.target, rules);
      }
    }
  }
  for (const { name, content } of op.texts) {
    planText(plan, name, Buffer.from(content), op.target, rules);
  }
  // Awaited here: the draft is gone when this scope ends.
  return await sealPlan(plan, draft, parts, call);
}

/** Warns of the first directory that a `--chmod` lets nobody enter who may read it. */
function lockedOut(chmod: string, { warn }: OpParts): Plan['onDirectory'] {
  let isTold = false;
  return (path, mode) => {
    // For each of owner, group and others: x where there is r.
    if (isTold || (((mode & 0o444) >> 2) & ~mode) === 0) return;
    isTold = true;
    warn?.({
      code: 'ChmodLocksDirectory',
      message:
        `--chmod=${chmod} gives the directory ${path.toString()} the mode ${octal(mode)}, with which ` +
        `only root can use what is in it: --chmod=u=rwX,go=rX leaves directories open`,
    });
  };
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** WORKDIR: the directory with all its missing parents, owned by the stage's user. */
export async function runMkdir(
  op: MkdirOp,
  below: readonly DiffId[],
  parts: OpParts,
  call: CallOptions,
): Promise<DiffId> {
  const view = parts.snapshotter.view(below);
  const owner = op.user === '' ? undefined : workdirOwner(op.user, view, below.length === 0, parts);
  const rules: CopyRules = { now: stepTime(parts), ...(owner && { owner }) };
  const plan = newPlan(view, rules, undefined);
  const place = plan.resolve(op.path);
  // A directory that is there stays as it is: the layer is an empty tar.
  if (place.kind !== 'directory') plan.directory(place.path);
  await using draft = parts.snapshotter.draft(parts.lease());
  // Awaited here: the draft is gone when this scope ends.
  return await sealPlan(plan, draft, parts, call);
}

/**
 * Whose a new WORKDIR is: as `--chown` says it, but root's when the image does not know the name,
 * because a RUN may still make that user. An image without any layer knows no names at all.
 */
function workdirOwner(user: string, view: StackView, isEmpty: boolean, { warn }: OpParts): Owner {
  try {
    return numericOwner(user) ?? userOf(user, view);
  } catch (error) {
    if (!(error instanceof UnknownUserError) || isEmpty) throw error;
    warn?.({
      code: 'WorkdirUnknownUser',
      message: `WORKDIR as USER ${user}: ${error.message}: the directory is root's`,
    });
    return { uid: 0, gid: 0 };
  }
}

/** A plan over a stack, whose missing parents are made as the rules say. */
export function newPlan(view: StackView, rules: CopyRules, mode: number | undefined): Plan {
  const parents = {
    mode: mode ?? 0o755,
    uid: rules.owner?.uid ?? 0,
    gid: rules.owner?.gid ?? 0,
    mtime: rules.now,
  };
  return new Plan(view, { parents, xattrs: (entry) => travelling(entry) });
}

async function sealPlan(
  plan: Plan,
  draft: LayerDraft,
  parts: OpParts,
  call: CallOptions,
): Promise<DiffId> {
  const tableFile = join(draft.scratch, 'files');
  const table = new FileTableWriter(tableFile);
  const stream = new LayerStream({ table, watch: parts.watch });
  await writePlan(plan, draft.fs, stream, call);
  const figures = stream.finish();
  table.close();
  return parts.snapshotter.sealHashed(draft, figures, tableFile).diffId;
}

/** All that a step reads, in the order in which it was written. */
async function selectionsFor(
  op: CopyOp,
  source: Source | undefined,
  { remotes }: OpParts,
  call: CallOptions,
): Promise<(Selection & { readonly unpack: boolean })[]> {
  const found: (Selection & { readonly unpack: boolean })[] = [];
  for (let at = 0; at <= op.paths.length; at += 1) {
    for (const remote of op.remotes ?? []) {
      if (remote.at !== at) continue;
      // What was fetched stays as it is unless somebody asks for more.
      found.push({ ...(await remotes.selected(remote.ref, call)), unpack: op.unpack === true });
    }
    const path = op.paths[at];
    if (!source || path === undefined) continue;
    for (const selection of selectionsOf(source, path, how(op))) {
      found.push({ ...selection, unpack: op.add && op.unpack !== false });
    }
  }
  return found;
}

function how(op: CopyOp): Parameters<typeof selectionsOf>[2] {
  return { parents: op.parents, exclude: excludeOf(op) };
}

function rulesFor(op: CopyOp, view: StackView, parts: OpParts): CopyRules {
  const exclude = excludeOf(op);
  return {
    now: stepTime(parts),
    ...(op.chown !== undefined && { owner: ownerOf(op.chown, view) }),
    // What is made here has no mode that a symbolic form could work from.
    ...(op.chmod !== undefined && { mode: parseMode(op.chmod), madeMode: octalMode(op.chmod) }),
    ...(exclude && { exclude }),
    ...(parts.clamp !== undefined && { clamp: parts.clamp }),
  };
}

function stepTime(parts: OpParts): bigint {
  const now = parts.now();
  return parts.clamp !== undefined && now > parts.clamp ? parts.clamp : now;
}
