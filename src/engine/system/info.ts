import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, machine, release, totalmem } from 'node:os';
import { StaveError } from '../../base/errors.ts';
import type { RuntimeInfo } from '../../runtime/executor.ts';
import { cgroupLayout } from '../../runtime/host.ts';
import type { Store } from '../../store/store.ts';
import { inUserNamespace } from '../../sys/user-namespace.ts';
import type { SystemInfo } from '../system-types.ts';

/** What `info` needs. */
export interface InfoParts {
  readonly store: Store;
  /** Version of stave. */
  readonly version: string;
  /** Finds the runtime; throws a StaveError that says why there is none. Called at most once a call. */
  readonly runtime: () => Promise<RuntimeInfo>;
}

/** `f_type` of file systems that stores lie on. See statfs(2). */
const FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0xef53, 'extfs'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x01021994, 'tmpfs'],
  [0x794c7630, 'overlayfs'],
  [0xf2f52010, 'f2fs'],
  [0x6969, 'nfs'],
  [0x65735546, 'fuse'],
  [0x2fc12fc1, 'zfs'],
  [0xca451a4e, 'bcachefs'],
]);

/** Tells what stave runs on and what is stored. */
export async function systemInfo(parts: InfoParts): Promise<SystemInfo> {
  const { store } = parts;
  const counts = store.read((tables) => ({
    images: tables.images.list().length,
    states: tables.containers.list().map((row) => row.state),
  }));
  const running = counts.states.filter((state) => state === 'running').length;
  const { runtime, warnings } = await chosenRuntime(parts);
  return {
    version: parts.version,
    root: store.paths.root,
    storeId: store.id,
    images: counts.images,
    containers: { running, stopped: counts.states.length - running },
    storageDriver: 'overlay',
    fileSystem: FILE_SYSTEMS.get(statfsSync(store.paths.root).type) ?? 'unknown',
    runtime: runtime && { name: runtime.name, path: runtime.path, version: runtime.version },
    runtimeNotes: runtime?.notes ?? [],
    cgroups: cgroups(),
    rootless: process.getuid?.() !== 0 || inUserNamespace(),
    kernel: release(),
    operatingSystem: operatingSystem(),
    architecture: machine(),
    cpus: availableParallelism(),
    memory: totalmem(),
    node: process.versions.node,
    warnings,
  };
}

/** A machine without a runtime still has images to tell of. */
async function chosenRuntime(
  parts: InfoParts,
): Promise<{ readonly runtime: RuntimeInfo | undefined; readonly warnings: string[] }> {
  try {
    return { runtime: await parts.runtime(), warnings: [] };
  } catch (error) {
    if (!(error instanceof StaveError)) throw error;
    return { runtime: undefined, warnings: [error.message] };
  }
}

function cgroups(): SystemInfo['cgroups'] {
  const { version, unified } = cgroupLayout();
  return version === 'v1' && unified !== undefined ? 'hybrid' : version;
}

/** @see https://www.freedesktop.org/software/systemd/man/latest/os-release.html */
function operatingSystem(): string {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? 'Linux';
  } catch {
    return 'Linux';
  }
}
