import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join, posix } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { breather } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Task } from '../../base/reporter.ts';
import type { DiffId } from '../../oci/digest.ts';
import { hostsFile, resolvConf } from '../../runtime/etc-files.ts';
import type { Executor, MountSpec, ProcessSpec } from '../../runtime/executor.ts';
import { stubMountPoints } from '../../snapshot/mount-points.ts';
import type { LayerDraft } from '../../snapshot/snapshotter.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import { setTimes } from '../../sys/times.ts';
import { userOf } from '../copy/chown.ts';
import { joinPath } from '../copy/tree.ts';
import { writePlan } from '../copy/write.ts';
import { RunFailedError } from '../errors.ts';
import type { ExecOp } from '../graph.ts';
import { newPlan, type OpParts } from './copy.ts';
import type { OnFailure } from './failed-shell.ts';

/** What RUN needs besides the other ops' parts. */
export interface ExecParts extends OpParts {
  readonly executor: () => Promise<Executor>;
  /** Is told of a command that failed, and may look at what it left behind. */
  readonly failed?: { readonly tell: OnFailure; readonly signal: AbortSignal | undefined };
}

/** Bytes; below it a disk counts as full. */
const ALMOST_FULL = 64 * 1024;

let count = 0;

/**
 * RUN: the process sees the stack with a fresh upper directory, whose content afterwards is
 * the layer. Throws RunFailedError.
 */
export async function runExec(
  op: ExecOp,
  below: readonly DiffId[],
  parts: ExecParts,
  task: Task,
  call: CallOptions,
): Promise<DiffId> {
  const view = parts.snapshotter.view(below);
  await using draft = parts.snapshotter.draft(parts.lease());
  const executor = await parts.executor();
  await makeDirectories(op, view, draft, parts);
  const mounts = fileMounts(op, draft);
  // Mount points that the image lacks are stubs in a layer of their own, so that nothing of
  // them is left in the new one.
  const stubs = join(draft.scratch, 'mount-points');
  const targets = mounts.map(({ target }) => ({ path: target, kind: 'file' as const }));
  const { resolved, made } = stubMountPoints(view, targets, stubs);
  const user = userOf(op.user, view);
  const spec: ProcessSpec = {
    id: `build-${process.pid}-${++count}`,
    root: {
      lower: [...parts.snapshotter.directories(below), ...(made ? [stubs] : [])],
      upper: draft.fs,
      work: draft.work,
    },
    argv: op.argv,
    env: environment(op, user.home),
    cwd: op.cwd,
    user,
    hostname: op.hostname,
    mounts: mounts.map((mount, index) => ({ ...mount, target: resolved[index] ?? mount.target })),
    network: networkOf(op),
    ...(op.shmSize !== undefined && { shmSize: op.shmSize }),
  };
  const output = { stdout: textTo(task, 'stdout'), stderr: textTo(task, 'stderr') };
  const status = await executor.run(spec, output, call);
  if (!('code' in status) || status.code !== 0) {
    const failure = new RunFailedError(op.argv, status, fullDisk(draft.fs));
    if (parts.failed) {
      const { offerShell } = await import('./failed-shell.ts');
      await offerShell({ spec, view, scratch: draft.scratch, executor }, failure, parts.failed);
    }
    throw failure;
  }
  if (parts.clamp !== undefined) await clampTimes(Buffer.from(draft.fs), parts.clamp);
  return (await parts.snapshotter.seal(draft, call)).diffId;
}

/** Decodes output as it comes: a character may lie in two chunks. */
function textTo(task: Task, stream: 'stdout' | 'stderr'): (chunk: Uint8Array) => void {
  const decoder = new StringDecoder();
  return (chunk) => {
    const text = decoder.write(chunk);
    if (text !== '') task.log(stream, text);
  };
}

/** Makes times after `latest` (nanoseconds since the epoch) that: below a directory, not of it. */
async function clampTimes(directory: Buffer, latest: bigint): Promise<void> {
  const breathe = breather();
  const below = async (path: Buffer): Promise<void> => {
    for (const name of readdirSync(path, 'latin1')) {
      const file = joinPath(path, Buffer.from(name, 'latin1'));
      const stat = lstatSync(file, { bigint: true });
      if (stat.isDirectory()) await below(file);
      if (stat.mtimeNs > latest) setTimes(file, latest);
      await breathe();
    }
  };
  await below(directory);
}

/** Directories that the runtime needs and that stay in the layer, as other builders leave them. */
async function makeDirectories(
  op: ExecOp,
  view: StackView,
  draft: LayerDraft,
  parts: OpParts,
): Promise<void> {
  const plan = newPlan(view, { now: parts.now() }, undefined);
  for (const path of ['/proc', '/sys', '/dev', posix.normalize(op.cwd)]) {
    const place = plan.resolve(path);
    if (place.kind === undefined) plan.directory(place.path);
  }
  if (plan.root.children.size > 0) await writePlan(plan, draft.fs, undefined);
}

function fileMounts(op: ExecOp, draft: LayerDraft): Extract<MountSpec, { type: 'bind' }>[] {
  const directory = join(draft.scratch, 'etc');
  mkdirSync(directory);
  const mount = (name: string, target: string, content: string, mode = 0o644) => {
    const source = join(directory, name);
    writeFileSync(source, content, { mode });
    return { type: 'bind' as const, source, target, readonly: true };
  };
  return [
    mount(
      'hosts',
      '/etc/hosts',
      hostsFile({ hostname: op.hostname, address: '127.0.0.1', extraHosts: op.extraHosts }),
    ),
    mount('resolv.conf', '/etc/resolv.conf', resolvConf(hostResolver(), networkOf(op))),
    ...(op.file ? [mount('script', op.file.path, op.file.content, 0o755)] : []),
  ];
}

function environment(op: ExecOp, home: string): string[] {
  const names = new Set(op.env.map(({ name }) => name));
  const env = op.env.map(({ name, value }) => `${name}=${value}`);
  const hidden = op.hiddenEnv.filter((entry) => !names.has(entry.slice(0, entry.indexOf('='))));
  return [...env, ...(names.has('HOME') ? [] : [`HOME=${home}`]), ...hidden];
}

/** What a program says of a full disk can be anything; so it is looked at. */
function fullDisk(path: string): string | undefined {
  const { bavail, bsize } = statfsSync(path);
  if (bavail * bsize >= ALMOST_FULL) return undefined;
  return "There is no space left where the store lies; 'stave image prune' and 'stave builder prune' free some.";
}

/** Until there is a network of its own, the default is the machine's. */
function networkOf(op: ExecOp): 'host' | 'none' {
  return op.network === 'default' ? 'host' : op.network;
}

function hostResolver(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    // A machine without one has no name servers, and neither does the container.
    return '';
  }
}
