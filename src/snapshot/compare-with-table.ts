import { type BigIntStats, constants, lstatSync, readlinkSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { breather } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import type { LayerFile } from '../layer/file-table.ts';
import { xattrDigest } from '../layer/file-row.ts';
import { InsideRoot } from '../sys/inside.ts';
import { deviceParts } from '../sys/node.ts';
import { isOpaque, layerXattrs } from './attributes.ts';
import { quoted } from './errors.ts';
import { hashFile } from './hash-file.ts';
import { components } from './names.ts';

/**
 * Compares a layer's directory with its file table, entry by entry and byte by byte: for
 * layers whose tar came from outside and cannot be written again. Returns what is wrong
 * first, or undefined.
 */
export async function compareWithTable(
  fs: string,
  files: Iterable<LayerFile>,
  options: CallOptions = {},
): Promise<string | undefined> {
  using inside = new InsideRoot(fs);
  const pause = breather();
  // A directory may have been listed twice, and then the last row counts.
  const directories = new Map<string, LayerFile>();
  for (const row of files) {
    options.signal?.throwIfAborted();
    if (row.type === 'directory') {
      directories.set(Buffer.from(row.path).toString('latin1'), row);
      continue;
    }
    const wrong = compareRow(inside, row);
    if (wrong !== undefined) return `${quoted(row.path)} ${wrong}`;
    await pause();
  }
  for (const row of directories.values()) {
    const wrong = compareRow(inside, row);
    if (wrong !== undefined) return `${quoted(row.path)} ${wrong}`;
  }
  return undefined;
}

function compareRow(inside: InsideRoot, row: LayerFile): string | undefined {
  const place = placeOf(inside, row.path);
  const stat = place && lstatSync(place, { bigint: true, throwIfNoEntry: false });
  if (!place || !stat) return 'is missing';
  switch (row.type) {
    case 'whiteout':
      // What the layer has there itself hides it as well.
      return undefined;
    case 'opaque':
      return isOpaque(place) ? undefined : 'shows what it should hide';
    case 'hardlink':
      return compareLink(inside, row, stat);
    default:
      return compareFile(place, row, stat);
  }
}

function compareLink(inside: InsideRoot, row: LayerFile, stat: BigIntStats): string | undefined {
  const target = placeOf(inside, row.linkTarget ?? Buffer.alloc(0));
  const other = target && lstatSync(target, { bigint: true, throwIfNoEntry: false });
  return other?.ino === stat.ino ? undefined : 'is no longer linked to its other name';
}

function compareFile(place: Buffer, row: LayerFile, stat: BigIntStats): string | undefined {
  if ((Number(stat.mode) & constants.S_IFMT) !== FORMAT[row.type]) return 'is of another kind';
  if (row.type !== 'symlink' && (Number(stat.mode) & 0o7777) !== row.mode) return 'has other modes';
  if (Number(stat.uid) !== row.uid || Number(stat.gid) !== row.gid) return 'has another owner';
  const xattrs = layerXattrs(place);
  if ((xattrs.size === 0 ? undefined : xattrDigest(xattrs)) !== row.xattrs) {
    return 'has other extended attributes';
  }
  if (row.linkTarget && !readlinkSync(place, 'buffer').equals(row.linkTarget)) {
    return 'points elsewhere';
  }
  if (row.device) {
    const { major, minor } = deviceParts(stat.rdev);
    if (major !== row.device.major || minor !== row.device.minor) return 'is another device';
  }
  if (row.type !== 'file') return undefined;
  return Number(stat.size) === row.size && hashFile(place) === row.digest
    ? undefined
    : 'has other content';
}

const FORMAT: Partial<Record<LayerFile['type'], number>> = {
  file: constants.S_IFREG,
  directory: constants.S_IFDIR,
  symlink: constants.S_IFLNK,
  char: constants.S_IFCHR,
  block: constants.S_IFBLK,
  fifo: constants.S_IFIFO,
};

function placeOf(inside: InsideRoot, path: Uint8Array): Buffer | undefined {
  try {
    return components(path).length === 0 ? inside.path : inside.at(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EINVAL')) return undefined;
    throw error;
  }
}
