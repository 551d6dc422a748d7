import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { isErrno, UsageError } from '../../base/errors.ts';
import type { DeviceSpec } from '../../runtime/executor.ts';
import { ContainerStartError } from './errors.ts';

const PERMISSIONS = 0o7777;

/** `--device` as typed: `host[:container[:rwm]]`. Throws UsageError, ContainerStartError. */
export function devicesOf(texts: readonly string[]): DeviceSpec[] {
  return texts.flatMap((text) => {
    const parts = text.split(':');
    const [host = '', second, third] = parts;
    if (parts.length > 3 || host === '')
      throw new UsageError(`invalid device specification: ${text}`);
    const isAccess = second !== undefined && parts.length === 2 && /^[rwm]{1,3}$/.test(second);
    const target = isAccess ? host : (second ?? host);
    const access = isAccess ? second : (third ?? 'rwm');
    if (!/^[rwm]{1,3}$/.test(access)) throw new UsageError(`invalid device mode: ${access}`);
    return devicesAt(host, posix.resolve('/', target), access);
  });
}

/** A device, or all that are below a directory. */
function devicesAt(host: string, target: string, access: string): DeviceSpec[] {
  try {
    const stat = statSync(host);
    if (stat.isDirectory()) {
      return readdirSync(host)
        .filter((name) => isNode(join(host, name)))
        .flatMap((name) => devicesAt(join(host, name), posix.join(target, name), access));
    }
    if (!stat.isCharacterDevice() && !stat.isBlockDevice()) {
      throw new ContainerStartError(
        `error gathering device information while adding custom device "${host}": not a device node`,
      );
    }
    const { rdev, mode, uid, gid } = stat;
    return [
      {
        path: target,
        type: stat.isBlockDevice() ? 'b' : 'c',
        major: (rdev >>> 8) & 0xfff,
        minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00),
        fileMode: mode & PERMISSIONS,
        uid,
        gid,
        access,
      },
    ];
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) throw error;
    throw new ContainerStartError(
      `error gathering device information while adding custom device "${host}": no such file or directory`,
    );
  }
}

function isNode(path: string): boolean {
  const stat = lstatSync(path);
  return stat.isCharacterDevice() || stat.isBlockDevice();
}
