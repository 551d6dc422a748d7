import type { FileAspect, FileFacts } from '../understand-types.ts';
import type { TreeNode } from '../../layer/file-tree.ts';
import { decodeUtf8 } from '../../base/utf8.ts';

/** What is known of a name, for the door. */
export function factsOf(node: TreeNode): FileFacts {
  const { type, mode, uid, gid, mtime, content, linkTarget, device, xattrs } = node;
  return {
    type,
    mode,
    uid,
    gid,
    size: content?.size ?? 0,
    modified: new Date(Number(mtime / 1_000_000n)),
    ...(content?.digest !== undefined && { digest: content.digest }),
    ...(type === 'symlink' && linkTarget && { target: decodeUtf8(linkTarget) }),
    ...(device && { device: `${device.major}:${device.minor}` }),
    ...(xattrs !== undefined && { xattrs }),
  };
}

/**
 * In what two states of a name differ, in the order of importance. Times are not looked at: files
 * that are made again get new ones.
 */
export function differences(before: FileFacts, after: FileFacts): FileAspect[] {
  if (before.type !== after.type) return ['type'];
  const found: FileAspect[] = [];
  // A content that has no digest is told by its size.
  if (before.size !== after.size || before.digest !== after.digest) found.push('content');
  if (before.target !== after.target) found.push('target');
  if (before.device !== after.device) found.push('device');
  if (before.mode !== after.mode) found.push('mode');
  if (before.uid !== after.uid || before.gid !== after.gid) found.push('owner');
  if (before.xattrs !== after.xattrs) found.push('xattrs');
  return found;
}
