import { readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { isErrno } from '../../base/errors.ts';
import type { ContainerConfig } from '../../oci/image-config.ts';
import { hostnameFile, hostsFile, resolvConf } from '../../runtime/etc-files.ts';
import type { MountSpec } from '../../runtime/executor.ts';
import type { MountTarget } from '../../snapshot/mount-points.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import type { Store } from '../../store/store.ts';
import type { CreateRequest } from '../create-request.ts';
import { attachVolumes } from './attach-volumes.ts';
import { ContainerStartError } from './errors.ts';
import { parseMount } from './mount-flag.ts';
import { parseTmpfs, type Tmpfs } from './tmpfs.ts';
import { parseVolume, type Volume, volumeTarget } from './volumes.ts';

/** What will be mounted where, read from the request and the image; nothing is made yet. */
export interface MountPlan {
  readonly volumes: readonly Volume[];
  readonly tmpfs: readonly Tmpfs[];
}

/**
 * Reads all mounts. What is asked for covers what comes from other containers (`inherited`, see
 * `volumesFrom`), and that what the image declares. Throws ContainerStartError, UsageError.
 */
export function planMounts(
  request: CreateRequest,
  config: ContainerConfig,
  inherited: readonly Volume[] = [],
): MountPlan {
  const mounts = (request.mounts ?? []).map(parseMount);
  const asked = [
    ...(request.volumes ?? []).map(parseVolume).map(driven(request.volumeDriver)),
    ...mounts.flatMap((one) => ('volume' in one ? [one.volume] : [])),
  ];
  const tmpfs = [
    ...(request.tmpfs ?? []).map(parseTmpfs),
    ...mounts.flatMap((one) => ('tmpfs' in one ? [one.tmpfs] : [])),
  ];
  const targets = [...asked, ...tmpfs].map(({ target }) => target);
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  if (twice !== undefined) throw new ContainerStartError(`Duplicate mount point: ${twice}`);
  // Of several containers the last one counts.
  const others = inherited.filter(
    ({ target }, index) =>
      !targets.includes(target) &&
      inherited.findLastIndex((one) => one.target === target) === index,
  );
  const taken = new Set([...targets, ...others.map(({ target }) => target)]);
  const declared = Object.keys(config.Volumes ?? {})
    .map((path) => volumeTarget(posix.resolve('/', path)))
    .filter((target) => !taken.has(target))
    .map((target): Volume => ({
      source: { kind: 'anonymous' },
      target,
      readonly: false,
      filled: true,
      mode: '',
    }));
  return { volumes: [...asked, ...others, ...declared], tmpfs };
}

function driven(driver: string | undefined): (volume: Volume) => Volume {
  return (volume) =>
    driver === undefined || volume.source.kind === 'path' ? volume : { ...volume, driver };
}

/** Where the mounts of one container get their content from. */
export interface MountSources {
  readonly store: Store;
  readonly view: StackView;
  /** The container, whose row is there. */
  readonly id: string;
  /** Of this container alone. */
  readonly directory: string;
  readonly hostname: string;
  readonly network: 'host' | 'none';
  readonly extraHosts: readonly string[];
}

/** A mount with what it is, for places to be made for it. */
export interface PreparedMount {
  readonly mount: MountSpec;
  readonly kind: MountTarget['kind'];
}

/**
 * Makes what is to be mounted: files below /etc, volumes with their first content. The
 * container's record tells its mounts from now on, and its volumes are held by it. Throws
 * ContainerStartError, VolumeError.
 */
export function prepareMounts(plan: MountPlan, sources: MountSources): PreparedMount[] {
  const volumes = attachVolumes(plan, sources);
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
