import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { OPAQUE } from '../src/snapshot/attributes.ts';
import { getXattrs } from '../src/sys/xattr.ts';

/** All that a layer's directory says, one line per entry in order: to compare two of them. */
export function layerTree(root: string): string[] {
  const lines: string[] = [];
  const names = new Map<bigint, string>();
  const walk = (directory: Buffer, shown: string): void => {
    const entries = readdirSync(directory, { encoding: 'buffer' });
    for (const name of entries.sort((a, b) => Buffer.compare(a, b))) {
      const file = Buffer.concat([directory, Buffer.from('/'), name]);
      const path = `${shown}/${name.toString('latin1')}`;
      const stat = lstatSync(file, { bigint: true });
      const whiteout = stat.isCharacterDevice() && stat.rdev === 0n;
      const xattrs = [...getXattrs(file)]
        .filter(([key]) => !key.startsWith('trusted.overlay.') || key === OPAQUE)
        .map(([key, value]) => `${key}=${value.toString('hex')}`)
        .sort();
      const content = stat.isFile()
        ? readFileSync(file, 'latin1')
        : stat.isSymbolicLink()
          ? readlinkSync(file, 'latin1')
          : '';
      const first = names.get(stat.ino);
      if (stat.isFile()) names.set(stat.ino, first ?? path);
      lines.push(
        whiteout
          ? `${path} whiteout`
          : [
              path,
              stat.mode.toString(8),
              `${stat.uid}:${stat.gid}`,
              stat.rdev,
              stat.mtimeMs / 1000n,
              JSON.stringify(content),
              first === undefined ? '' : `= ${first}`,
              ...xattrs,
            ].join(' '),
      );
      if (stat.isDirectory()) walk(file, path);
    }
  };
  walk(Buffer.from(root), '');
  return lines;
}
