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
import { StaveError } from '../../base/errors.ts';
import { breather } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Task } from '../../base/reporter.ts';
import type { DiffId } from '../../oci/digest.ts';
import { hostsFile, resolvConf } from '../../runtime/etc-files.ts';
import type { Executor, ProcessSpec } from '../../runtime/executor.ts';
import type { LayerDraft } from '../../snapshot/snapshotter.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import { setTimes } from '../../sys/times.ts';
import { userOf, type Owner } from '../copy/chown.ts';
import { joinPath } from '../copy/tree.ts';
import { writePlan } from '../copy/write.ts';
import { NotStartedError, RunFailedError } from '../errors.ts';
import type { ExecOp } from '../graph.ts';
import type { MountSetting, ReadyMount, ReadyMounts } from '../mounts/mounts.ts';
import { NO_MOUNTS, placed } from '../mounts/place.ts';
import type { RestoreMount } from '../mounts/parts.ts';
import type { RunSettings } from '../run-settings.ts';
import type { Solved } from '../solver-parts.ts';
import type { Contexts } from './recipe.ts';
import type { StorePaths } from '../../store/paths.ts';
import { newPlan, type OpParts } from './copy.ts';
import type { RunDevices } from './devices.ts';
import type { OnFailure } from './failed-shell.ts';
import { OutputTail } from './output-tail.ts';

/** What RUN needs besides the other ops' parts. */
export interface ExecParts extends OpParts {
  readonly executor: () => Promise<Executor>;
  /** Asked once by each RUN: whether another one is to be expected. */
  readonly another: () => boolean;
  readonly contexts: Contexts;
  readonly paths: StorePaths;
  readonly settings: RunSettings | undefined;
  readonly restoreMount?: RestoreMount | undefined;
  /** Platform of the image, when it is not that of this machine. */
  readonly foreign?: string;
  /** Is told of a command that failed, and may look at what it left behind. */
  readonly failed?: { readonly tell: OnFailure; readonly signal: AbortSignal | undefined };
}

type RunEnd = { readonly code: number } | { readonly signal: string };

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
  inputs: readonly Solved[],
  parts: ExecParts,
  task: Task,
  call: CallOptions,
): Promise<DiffId> {
  const executor = await parts.executor();
  executor.soon();
  const view = parts.snapshotter.view(below);
  await using draft = parts.snapshotter.draft(parts.lease());
  await makeDirectories(op, view, draft, parts);
  await runProcess(op, { view, below, inputs, draft, executor }, parts, task, call);
  if (parts.clamp !== undefined) await clampTimes(Buffer.from(draft.fs), parts.clamp);
  const { watch } = parts;
  return (await parts.snapshotter.seal(draft, { ...call, watch })).diffId;
}

/** Where a process runs. */
interface Place {
  readonly view: StackView;
  readonly below: readonly DiffId[];
  readonly inputs: readonly Solved[];
  readonly draft: LayerDraft;
  readonly executor: Executor;
}

/** Runs the command; what its mounts hold is given back when this returns. Throws RunFailedError. */
async function runProcess(
  op: ExecOp,
  { view, below, inputs, draft, executor }: Place,
  parts: ExecParts,
  task: Task,
  call: CallOptions,
): Promise<void> {
  const { settings, paths } = parts;
  const { scratch } = draft;
  await using own =
    op.mounts.length > 0
      ? await makeMounts(op, {
          parts: { ...parts, inputs },
          insecure: op.insecure,
          paths,
          settings,
          scratch,
          task,
          call,
        })
      : NO_MOUNTS;
  const devices = op.devices.length > 0 ? await devicesOf(op) : undefined;
  const mounts = [...fileMounts(op, draft), ...own.mounts, ...(devices?.mounts ?? [])];
  // Mount points that the image lacks are stubs in a layer of their own, so that nothing of
  // them is left in the new one.
  const stubs = join(scratch, 'mount-points');
  const { specs, made } = placed(view, mounts, stubs);
  const user = userOf(op.user, view);
  const spec: ProcessSpec = {
    id: `build-${process.pid}-${++count}`,
    root: {
      lower: [...parts.snapshotter.directories(below), ...(made ? [stubs] : [])],
      upper: draft.fs,
      work: draft.work,
    },
    argv: op.argv,
    env: environment(op, user.home, own.env),
    ...(own.secretEnv.length > 0 && { secretEnv: own.secretEnv }),
    cwd: op.cwd,
    user,
    hostname: op.hostname,
    mounts: specs,
    network: networkOf(op),
    ...(op.shmSize !== undefined && { shmSize: op.shmSize }),
    ...confinement(op, settings),
  };
  const tail = new OutputTail();
  const output = { stdout: textTo(task, 'stdout', tail), stderr: textTo(task, 'stderr', tail) };
  const hint = async (end: RunEnd, text = tail.text): Promise<string | undefined> => {
    const { runHint } = await import('./run-hints.ts');
    return runHint(op, view, {
      end,
      output: text,
      ...(parts.foreign && { foreign: parts.foreign }),
    });
  };
  const asked = devices ? devices.given(spec) : spec;
  const options = { ...call, another: parts.another() };
  // Sealing needs it and it is dear to load; while the command runs, nothing else is to do.
  setImmediate(() => process.getBuiltinModule('node:crypto'));
  const status = await executor.run(asked, output, options).catch(async (error: unknown) => {
    if (!(error instanceof StaveError) || error.hint !== undefined) throw error;
    const end = { code: error.exitCode };
    throw new NotStartedError(error, await hint(end, error.message));
  });
  if ('code' in status && status.code === 0) return;
  const failure = new RunFailedError(op.argv, status, fullDisk(draft.fs) ?? (await hint(status)));
  if (parts.failed) {
    const { offerShell } = await import('./failed-shell.ts');
    await offerShell({ spec: asked, view, scratch, executor }, failure, parts.failed);
  }
  throw failure;
}

async function makeMounts(op: ExecOp, setting: MountSetting): Promise<ReadyMounts> {
  const mounts = await import('../mounts/mounts.ts');
  return mounts.makeMounts(op.mounts, setting);
}

async function devicesOf(op: ExecOp): Promise<RunDevices> {
  const devices = await import('./devices.ts');
  return devices.devicesFor(op.devices);
}

/** What a RUN is let, and what it is limited to. */
function confinement(op: ExecOp, settings: RunSettings | undefined): Partial<ProcessSpec> {
  const { rlimits = [], cgroup, noNewPrivileges, unfiltered } = settings ?? {};
  return {
    ...(op.insecure && { privileged: true }),
    ...(rlimits.length > 0 && { rlimits }),
    ...(cgroup && { cgroup }),
    ...(noNewPrivileges && { noNewPrivileges }),
    ...(unfiltered && { unfiltered }),
  };
}

/** Decodes output as it comes: a character may lie in two chunks. */
function textTo(
  task: Task,
  stream: 'stdout' | 'stderr',
  tail: OutputTail,
): (chunk: Uint8Array) => void {
  const decoder = new StringDecoder();
  return (chunk) => {
    const text = decoder.write(chunk);
    if (text === '') return;
    tail.add(text);
    task.log(stream, text);
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
  const make = async (paths: readonly string[], owner: Owner): Promise<void> => {
    const plan = newPlan(view, { now: parts.now(), owner }, undefined);
    for (const path of paths) {
      const place = plan.resolve(path);
      if (place.kind === undefined) plan.directory(place.path);
    }
    if (plan.root.children.size > 0) await writePlan(plan, draft.fs, undefined);
  };
  const kernel = ['/proc', '/sys', '/dev'];
  const cwd = posix.normalize(op.cwd);
  await make(kernel, { uid: 0, gid: 0 });
  // A working directory that is gone is made anew, for who is to work in it.
  if (!kernel.includes(`/${cwd.split('/')[1]}`)) await make([cwd], userOf(op.user, view));
}

function fileMounts(op: ExecOp, draft: LayerDraft): ReadyMount[] {
  const directory = join(draft.scratch, 'etc');
  mkdirSync(directory);
  const mount = (name: string, target: string, content: string, mode = 0o644) => {
    const source = join(directory, name);
    writeFileSync(source, content, { mode });
    const spec = { type: 'bind' as const, source, readonly: true };
    return { spec, target, kind: 'file' as const, nested: false };
  };
  return [
    mount(
      'hosts',
      '/etc/hosts',
      hostsFile({
        host: `127.0.0.1\tlocalhost ${op.hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n`,
        extraHosts: op.extraHosts.map(gatewayed),
      }),
    ),
    mount('resolv.conf', '/etc/resolv.conf', resolvConf(hostResolver(), networkOf(op))),
    ...(op.file ? [mount('script', op.file.path, op.file.content, 0o755)] : []),
  ];
}

/** All variables of a command. Hidden ones win over those of the Dockerfile, as in BuildKit. */
function environment(op: ExecOp, home: string, more: ReadyMounts['env']): string[] {
  const hidden = new Set(op.hiddenEnv.map((entry) => entry.slice(0, entry.indexOf('='))));
  const names = new Set(op.env.map(({ name }) => name));
  return [
    ...op.env.flatMap(({ name, value }) => (hidden.has(name) ? [] : [`${name}=${value}`])),
    ...(names.has('HOME') ? [] : [`HOME=${home}`]),
    ...more.flatMap(({ name, value }) => (names.has(name) ? [] : [`${name}=${value}`])),
    ...op.hiddenEnv,
  ];
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

/** On the machine's own network the machine is where every process is. */
function gatewayed(host: string): string {
  return host.replace(/([:=])host-gateway$/, '$1127.0.0.1');
}

function hostResolver(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    // A machine without one has no name servers, and neither does the container.
    return '';
  }
}
