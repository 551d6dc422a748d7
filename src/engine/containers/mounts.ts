import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { isErrno } from '../../base/errors.ts';
import type { ContainerConfig } from '../../oci/image-config.ts';
import { hostnameFile, hostsFile, resolvConf } from '../../runtime/etc-files.ts';
import type { MountSpec } from '../../runtime/executor.ts';
import type { MountTarget } from '../../snapshot/mount-points.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import type { CreateRequest } from '../create-request.ts';
import { copyTree } from './copy-tree.ts';
import { ContainerStartError } from './errors.ts';
import { parseTmpfs, parseVolume, type Volume, volumeTarget } from './volumes.ts';

/** What will be mounted where, read from the request and the image; nothing is made yet. */
export interface MountPlan {
  readonly volumes: readonly Volume[];
  readonly tmpfs: readonly ReturnType<typeof parseTmpfs>[];
}

/**
 * Reads all mounts. What is asked for covers what the image declares. Throws
 * ContainerStartError, UsageError.
 */
export function planMounts(request: CreateRequest, config: ContainerConfig): MountPlan {
  const asked = (request.volumes ?? []).map(parseVolume);
  const tmpfs = (request.tmpfs ?? []).map(parseTmpfs);
  const targets = [...asked, ...tmpfs].map(({ target }) => target);
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  if (twice !== undefined) throw new ContainerStartError(`Duplicate mount point: ${twice}`);
  const declared = Object.keys(config.Volumes ?? {})
    .map((path) => volumeTarget(posix.resolve('/', path)))
    .filter((target) => !targets.includes(target))
    .map((target): Volume => ({
      source: { kind: 'anonymous' },
      target,
      readonly: false,
      filled: true,
    }));
  return { volumes: [...asked, ...declared], tmpfs };
}

/** Where the mounts of one container get their content from. */
export interface MountSources {
  readonly view: StackView;
  /** Of this container alone. */
  readonly directory: string;
  /** Named volumes of the store. */
  readonly volumes: string;
  readonly hostname: string;
  readonly network: 'host' | 'none';
  readonly extraHosts: readonly string[];
}

/** A mount with what it is, for places to be made for it. */
export interface PreparedMount {
  readonly mount: MountSpec;
  readonly kind: MountTarget['kind'];
}

/** Makes what is to be mounted: files below /etc, volumes with their first content. */
export function prepareMounts(plan: MountPlan, sources: MountSources): PreparedMount[] {
  const volumes = plan.volumes.map((volume, index): PreparedMount => {
    const source = volumeSource(volume, index, sources);
    return {
      kind: statSync(source).isDirectory() ? 'directory' : 'file',
      mount: {
        type: 'bind',
        source,
        target: volume.target,
        readonly: volume.readonly,
        recursive: true,
      },
    };
  });
  const tmpfs = plan.tmpfs.map((asked): PreparedMount => ({
    kind: 'directory',
    mount: { type: 'tmpfs', ...asked },
  }));
  const covered = new Set(plan.volumes.map(({ target }) => target));
  const files = etcFiles(sources).filter(({ mount }) => !covered.has(mount.target));
  // Outer mounts first, or they would cover the inner ones.
  const depth = ({ mount }: PreparedMount): number => mount.target.split('/').length;
  return [...files, ...volumes, ...tmpfs].sort((a, b) => depth(a) - depth(b));
}

function etcFiles({ directory, hostname, network, extraHosts }: MountSources): PreparedMount[] {
  const host = network === 'host' ? hostFile('/etc/hosts') : undefined;
  const files = {
    hosts: hostsFile({ extraHosts, ...(host !== undefined && { host }) }),
    hostname: hostnameFile(hostname),
    'resolv.conf': resolvConf(hostFile('/etc/resolv.conf') ?? '', network),
  };
  return Object.entries(files).map(([name, content]) => {
    const source = join(directory, name);
    writeFileSync(source, content, { mode: 0o644 });
    return {
      kind: 'file',
      mount: { type: 'bind', source, target: `/etc/${name}`, readonly: false },
    };
  });
}

function hostFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return undefined;
    throw error;
  }
}

function volumeSource(volume: Volume, index: number, sources: MountSources): string {
  const { source } = volume;
  if (source.kind === 'path') return hostPath(source.path);
  const path =
    source.kind === 'named'
      ? join(sources.volumes, source.name)
      : join(sources.directory, `volume${index}`);
  makeVolume(path, volume, sources);
  return path;
}

/** A path of this machine that is not there becomes a directory. */
function hostPath(path: string): string {
  try {
    if (!statSync(path, { throwIfNoEntry: false })) mkdirSync(path, { recursive: true });
    return path;
  } catch (error) {
    if (!isErrno(error, 'ENOTDIR', 'EEXIST', 'EACCES', 'EROFS', 'ELOOP', 'ENAMETOOLONG'))
      throw error;
    throw new ContainerStartError(`cannot use ${path} as a volume: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** `ENOTDIR: not a directory, mkdir '/x'`: the part for people. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^\w+: |, .*$/g, '') : String(error);
}

/** Makes a volume aside and gives it its name when it is filled: another process may do the same. */
function makeVolume(
  path: string,
  { target, filled }: Volume,
  { view, directory }: MountSources,
): void {
  if (statSync(path, { throwIfNoEntry: false })) return;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const aside = join(directory, 'new-volume');
  mkdirSync(aside, { mode: 0o755 });
  const like = filled ? view.find(target) : undefined;
  if (like?.kind === 'directory') copyTree(view, like, Buffer.from(aside));
  try {
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { recursive: true });
    if (!isErrno(error, 'EEXIST', 'ENOTEMPTY')) throw error;
  }
}
