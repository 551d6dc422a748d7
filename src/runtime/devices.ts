import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../base/errors.ts';
import type { OciDevice, OciDeviceRule } from './oci-spec.ts';

const char = (major: number, minor: number | undefined, access: string): OciDeviceRule => ({
  allow: true,
  type: 'c',
  major,
  ...(minor !== undefined && { minor }),
  access,
});

/**
 * Everything is refused but the harmless devices that every container has. Making any node
 * is allowed (`mknod` of a whiteout or of a disk's number): opening it is what counts.
 */
export const DEVICE_RULES: readonly OciDeviceRule[] = [
  { allow: false, access: 'rwm' },
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  char(1, 3, 'rwm'), // null
  char(1, 5, 'rwm'), // zero
  char(1, 7, 'rwm'), // full
  char(1, 8, 'rwm'), // random
  char(1, 9, 'rwm'), // urandom
  char(5, 0, 'rwm'), // tty
  char(5, 1, 'rwm'), // console
  char(5, 2, 'rwm'), // ptmx
  char(136, undefined, 'rwm'), // pts
];

/** Those that are mounted, or made for each container anew. */
const OWN = new Set(['console', 'fd', 'mqueue', 'pts', 'ptmx', 'shm']);
const PERMISSIONS = 0o7777;

/** The device files of the machine, for privileged containers. */
export function hostDevices(directory = '/dev'): OciDevice[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (directory === '/dev' && OWN.has(entry.name)) return [];
    if (entry.isDirectory()) return hostDevices(path);
    if (!entry.isCharacterDevice() && !entry.isBlockDevice()) return [];
    try {
      const { rdev, mode, uid, gid } = lstatSync(path);
      return [
        {
          path,
          type: entry.isBlockDevice() ? 'b' : 'c',
          major: (rdev >>> 8) & 0xfff,
          minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00),
          fileMode: mode & PERMISSIONS,
          uid,
          gid,
        },
      ];
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  });
}
