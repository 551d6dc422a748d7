import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { bootId } from '../sys/boot.ts';
import { RuntimeFailedError, RuntimeMissingError } from './errors.ts';
import type { ProcessSpec, RuntimeInfo } from './executor.ts';
import { loggedError } from './failure.ts';
import type { CgroupLayout } from './host.ts';
import { launch, OWN_MOUNTS, OWN_PROCESSES } from './launch.ts';
import type { OciSpec } from './oci-spec.ts';
import { ociSpec, specText, type SpecContext } from './spec.ts';
import type { OciSeccomp } from './seccomp.ts';
import { makeBundle, RUNTIME_STATE } from './state-dir.ts';

/** Answers that outlive this process. */
export interface Facts {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
}

/** A runtime that works here, and what it can do with control groups. */
export interface ChosenRuntime extends RuntimeInfo {
  readonly cgroups: SpecContext['cgroups'];
}

/** Where a probe works and what it starts from. */
export interface ProbeSubject {
  readonly stateDir: string;
  readonly layout: CgroupLayout;
  readonly context: Pick<SpecContext, 'limits' | 'layout'>;
  cgroupsPath(id: string): string;
}

const CANDIDATES: readonly { readonly name: 'crun' | 'runc'; readonly paths: readonly string[] }[] =
  [
    { name: 'crun', paths: ['/usr/bin/crun', '/usr/local/bin/crun', '/usr/sbin/crun'] },
    { name: 'runc', paths: ['/usr/sbin/runc', '/usr/bin/runc', '/usr/local/sbin/runc'] },
  ];
const HELPERS = ['/usr/bin/setpriv', '/usr/bin/unshare', '/bin/sh'];
const HIDE = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"';
/** Versions from which on a known hole is closed; distributions may have closed it earlier. */
const FIXED = { crun: [1, 20], runc: [1, 2] } as const;

let probes = 0;

/**
 * Finds the runtime to use: the first that can set a process up, with as much of control
 * groups as possible. The answer is remembered in `facts` until the program, its place or
 * the machine's boot changes. Throws RuntimeMissingError.
 */
export async function chooseRuntime(subject: ProbeSubject, facts: Facts): Promise<ChosenRuntime> {
  const found = CANDIDATES.flatMap(({ name, paths }) =>
    paths.filter(isProgram).map((path) => ({ name, path })),
  );
  if (found.length === 0) throw new RuntimeMissingError();
  const missing = HELPERS.find((path) => !existsSync(path));
  if (missing !== undefined) {
    throw new RuntimeMissingError(`${missing} is missing, which is needed to start a container`);
  }

  const fingerprint = JSON.stringify([
    bootId(),
    subject.layout.version,
    found.map(({ path }) => [path, statSync(path).mtimeMs]),
  ]);
  const remembered = recall(facts.get('runtime'), fingerprint);
  if (remembered) return remembered;

  let reason: unknown;
  for (const candidate of found) {
    for (const cgroups of hasGroups(subject.layout)
      ? (['devices', 'plain', 'off'] as const)
      : (['off'] as const)) {
      try {
        await setUp(subject, { ...candidate, version: '', notes: [], cgroups });
        const chosen = describe(candidate, cgroups, subject.layout, reason);
        facts.set('runtime', JSON.stringify({ fingerprint, chosen }));
        return chosen;
      } catch (error) {
        if (!(error instanceof RuntimeFailedError)) throw error;
        reason ??= error;
      }
    }
  }
  const { name } = found[0] as (typeof found)[number];
  const why = reason instanceof Error ? `: ${reason.message}` : '';
  throw new RuntimeMissingError(`${name} cannot start a container here${why}`, reason);
}

/** Whether there are control groups, and we may make some. */
function hasGroups({ roots }: CgroupLayout): boolean {
  const [root] = roots;
  if (root === undefined) return false;
  try {
    accessSync(root, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function recall(text: string | undefined, fingerprint: string): ChosenRuntime | undefined {
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as { fingerprint: string; chosen: ChosenRuntime };
  return record.fingerprint === fingerprint ? record.chosen : undefined;
}

function describe(
  { name, path }: { readonly name: 'crun' | 'runc'; readonly path: string },
  cgroups: ChosenRuntime['cgroups'],
  layout: CgroupLayout,
  reason: unknown,
): ChosenRuntime {
  const said = spawnSync(path, ['--version'], { encoding: 'utf8', env: {} }).stdout;
  const version = /version (\d\S*)/.exec(said)?.[1] ?? 'unknown';
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const [fixedMajor, fixedMinor] = FIXED[name];
  const notes = [
    ...(layout.unified !== undefined && name === 'crun' ? ['hybrid cgroups: v2 part hidden'] : []),
    ...(cgroups === 'plain' ? ['no device rules: containers cannot make device files'] : []),
    ...(cgroups === 'off'
      ? ['no cgroups: no limits, and containers cannot make device files']
      : []),
    ...(reason instanceof Error ? [`tried first: ${reason.message}`] : []),
    ...(major < fixedMajor || (major === fixedMajor && minor < fixedMinor)
      ? [`${name} ${version} is old: have the distribution's security updates`]
      : []),
  ];
  return { name, path, version, notes, cgroups };
}

/**
 * Compiles a filter to the program that the kernel runs, in base64. crun does it when it
 * sets a process up, and takes the result instead of the rules from then on: that spares
 * 20 ms of each start. Undefined with runtimes that cannot be given one.
 */
export async function compiledSeccomp(
  subject: ProbeSubject,
  runtime: ChosenRuntime,
  rules: OciSeccomp,
): Promise<string | undefined> {
  if (runtime.name !== 'crun') return undefined;
  return setUp(subject, runtime, rules);
}

/**
 * Has the runtime set a process up without starting it. Returns the compiled filter, if there
 * is one. Throws RuntimeFailedError.
 */
async function setUp(
  subject: ProbeSubject,
  runtime: ChosenRuntime,
  rules?: OciSeccomp,
): Promise<string | undefined> {
  const id = `probe-${process.pid}-${++probes}`;
  const { stateDir, context } = subject;
  using bundle = makeBundle(stateDir, id);
  mkdirSync(bundle.probe);
  writeFileSync(join(bundle.probe, 'probe'), '', { mode: 0o755 });
  const spec: OciSpec = ociSpec(probeProcess(id), {
    prepared: bundle.prepared,
    ...context,
    cgroups: runtime.cgroups,
    cgroupsPath: subject.cgroupsPath(id),
    terminal: false,
    rootfs: bundle.probe,
    ...(rules && { seccomp: { rules } }),
  });
  bundle.write('config.json', specText(spec));
  const call = runtimeArguments(runtime, stateDir, bundle.log, 'json');
  const hide = hidingUnified(subject.layout);
  const start = (...argv: string[]): ReturnType<typeof launch> =>
    launch({ argv: [...hide, ...argv], io: SILENT, scratch: bundle.path });
  try {
    const status = await start(...OWN_PROCESSES, ...call, 'create', '--bundle', bundle.path, id);
    if (!('code' in status) || status.code !== 0) {
      throw new RuntimeFailedError(loggedError(bundle.log) ?? `${runtime.name} create failed`);
    }
    const compiled = join(stateDir, RUNTIME_STATE, id, 'seccomp.bpf');
    return existsSync(compiled) ? readFileSync(compiled).toString('base64') : undefined;
  } finally {
    await start(...call, 'delete', '--force', id);
    tidyHidden(subject, subject.cgroupsPath(id));
  }
}

/** crun makes a directory where the v2 part of hybrid control groups would be, and forgets it. */
export function tidyHidden({ layout }: ProbeSubject, group: string): void {
  const { unified } = layout;
  if (unified?.hidden !== true) return;
  rmSync(unified.path + group, { recursive: true, force: true });
}

const SILENT = { stdout: (): void => undefined, stderr: (): void => undefined };

function probeProcess(id: string): ProcessSpec {
  return {
    id,
    root: { lower: [], upper: '', work: '' },
    argv: ['/probe'],
    env: [],
    cwd: '/',
    user: { uid: 0, gid: 0, additionalGids: [] },
    hostname: 'probe',
    mounts: [],
    network: 'host',
  };
}

/** The program with the options that every call of it gets; `log` where it is known. */
export function runtimeArguments(
  runtime: ChosenRuntime,
  stateDir: string,
  log: string | undefined,
  format: 'json' | 'text',
): string[] {
  return [
    runtime.path,
    '--root',
    join(stateDir, RUNTIME_STATE),
    ...(log === undefined ? [] : ['--log', log]),
    '--log-format',
    runtime.name === 'crun' ? format : 'json',
    ...(runtime.name === 'crun'
      ? [`--cgroup-manager=${runtime.cgroups === 'off' ? 'disabled' : 'cgroupfs'}`]
      : []),
  ];
}

/** Goes before a program so that it does not see the v2 part of hybrid control groups. */
export function hidingUnified(layout: CgroupLayout): string[] {
  const { unified } = layout;
  if (unified === undefined || unified.hidden) return [];
  return [...OWN_MOUNTS, '/bin/sh', '-c', HIDE, unified.path];
}
