import { isIP } from 'node:net';
import { isErrno } from '../../base/errors.ts';
import { mount, mountsBelow, unmount } from '../../sys/mount.ts';
import { namesIn } from '../../sys/names-in.ts';
import type { Store } from '../../store/store.ts';
import type { VolumeRow } from '../../store/volume-table.ts';
import { ErrnoError } from '../../sys/errors.ts';
import { VolumeError } from './errors.ts';

/** The words of mount(8) that are flags of mount(2); a zero stands for what is so anyway. */
const FLAGS: Readonly<Record<string, number>> = {
  ro: 1,
  rw: 0,
  nosuid: 2,
  suid: 0,
  nodev: 4,
  dev: 0,
  noexec: 8,
  exec: 0,
  sync: 16,
  async: 0,
  dirsync: 128,
  noatime: 1024,
  nodiratime: 2048,
  bind: 4096,
  rbind: 4096 | 16384,
  relatime: 1 << 21,
  strictatime: 1 << 24,
  defaults: 0,
};
const BIND = 4096;
const REMOUNT = 32;
const OPTIONS = ['type', 'device', 'o'];

/**
 * Checks the options of the local driver: nothing, or what to mount. Throws VolumeError.
 *
 * @see https://docs.docker.com/reference/cli/docker/volume/create/
 */
export function checkOptions(name: string, options: VolumeRow['options']): void {
  if (options === undefined || Object.keys(options).length === 0) return;
  for (const key of Object.keys(options)) {
    if (!OPTIONS.includes(key)) {
      const isQuota = key === 'size';
      throw new VolumeError(
        isQuota
          ? `create ${name}: quota size requested but no quota support`
          : `create ${name}: invalid option: ${JSON.stringify(key)}`,
        {
          hint: isQuota
            ? 'For a volume in memory say -o o=size=100m.'
            : `Known ones are ${OPTIONS.join(', ')}.`,
        },
      );
    }
  }
  for (const key of ['device', 'type']) {
    if ((options[key] ?? '') === '') {
      throw new VolumeError(`create ${name}: missing required option: ${JSON.stringify(key)}`);
    }
  }
  const { flags, data } = mountOptions(options);
  const server = data.find((word) => word.startsWith('addr='))?.slice('addr='.length);
  if (server !== undefined && isIP(server) === 0) {
    throw new VolumeError(`create ${name}: addr=${server} is no IP address`);
  }
  if (options['type'] === 'none' && (flags & BIND) === 0) {
    throw new VolumeError(`create ${name}: a volume of type none needs -o o=bind`);
  }
}

function mountOptions(options: Readonly<Record<string, string>>): {
  readonly flags: number;
  readonly data: readonly string[];
} {
  const words = (options['o'] ?? '').split(',').filter((word) => word !== '');
  return {
    flags: words.reduce((flags, word) => flags | (FLAGS[word] ?? 0), 0),
    data: words.filter((word) => !Object.hasOwn(FLAGS, word)),
  };
}

/** Whether a volume is more than a directory of the store. */
export function isMounted({ options }: Pick<VolumeRow, 'options'>): boolean {
  return options !== undefined && Object.keys(options).length > 0;
}

/** Mounts what a volume stands for at its directory, unless it is there. Throws VolumeError. */
export function mountVolume({ name, options }: VolumeRow, directory: string): void {
  if (!options || !isMounted({ options })) return;
  if (mountsBelow(`${directory}/..`).includes(directory)) return;
  const { flags, data } = mountOptions(options);
  const { device = '', type = '' } = options;
  try {
    mount(device, directory, type, flags, data.join(','));
    // A bind mount takes no other flags at first.
    if ((flags & BIND) !== 0 && (flags & ~(BIND | 16384)) !== 0) {
      mount(null, directory, null, flags | REMOUNT, null);
    }
  } catch (error) {
    if (!(error instanceof ErrnoError)) throw error;
    throw new VolumeError(
      `error while mounting volume '${directory}': failed to mount local volume: mount ${device}:${directory}, flags: 0x${flags.toString(16)}, data: ${data.join(',')}: ${reason(error)}`,
      { hint: `'stave volume inspect ${name}' shows what it was made with.`, cause: error },
    );
  }
}

function reason(error: ErrnoError): string {
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'no such file or directory',
    ENODEV: 'no such device',
    EINVAL: 'invalid argument',
    ENOTBLK: 'block device required',
    ENOTDIR: 'not a directory',
  };
  return known[error.code] ?? error.code;
}

/** Takes the mounts of volumes away that no running container has; `isUsed` tells by name. */
export function unmountIdle({ paths }: Store, isUsed: (name: string) => boolean): void {
  const names = namesIn(paths.volumes);
  if (names.length === 0) return;
  for (const target of mountsBelow(paths.volumes)) {
    const name = names.find((one) => target.endsWith(`/${one}/_data`));
    if (name === undefined || isUsed(name)) continue;
    try {
      unmount(target);
    } catch (error) {
      if (!isErrno(error, 'EBUSY')) throw error;
    }
  }
}
