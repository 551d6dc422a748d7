import type { BigIntStats } from 'node:fs';
import { inUserNamespace } from '../sys/user-namespace.ts';
import { getXattr, getXattrs } from '../sys/xattr.ts';

/**
 * Marks a directory of a layer that hides what the layers below have in it. A user who is not
 * root of the machine has stores of his own, with attributes that he may write.
 */
export const OPAQUE =
  process.getuid?.() !== 0 || inUserNamespace() ? 'user.overlay.opaque' : 'trusted.overlay.opaque';
/** The value of {@link OPAQUE} that says so. */
export const YES = Buffer.from('y');

/**
 * Attributes that belong to the machine or to overlayfs and not to the image: they neither
 * come out of an archive nor get into one.
 */
const FOREIGN = /^(?:trusted\.overlay\.|user\.overlay\.|security\.(?:selinux|ima|evm)$)/;

/** True for attributes that a layer's tar never carries. */
export function isForeign(name: string): boolean {
  return FOREIGN.test(name);
}

/** The attributes of a file that are part of its layer. */
export function layerXattrs(path: Buffer): ReadonlyMap<string, Buffer> {
  const all = getXattrs(path);
  if (all.size === 0) return all;
  return new Map([...all].filter(([name]) => !isForeign(name)));
}

/** Whether a directory hides what the layers below have in it. */
export function isOpaque(path: Buffer): boolean {
  return getXattr(path, OPAQUE)?.equals(YES) === true;
}

/** Whether this stands for something deleted: overlayfs keeps a 0/0 device in its place. */
export function isWhiteout(stat: BigIntStats): boolean {
  return stat.rdev === 0n && stat.isCharacterDevice();
}
