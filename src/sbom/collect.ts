import { readApk } from './apk.ts';
import { readDistro } from './distro.ts';
import { readDpkg } from './dpkg.ts';
import type { ImageFiles } from './image-files.ts';
import { isNpm, readNpm } from './npm.ts';
import type { Package, PackageList } from './package.ts';
import { isPython, readPython } from './python.ts';
import { PackageReader } from './reader.ts';
import { readRpm } from './rpm.ts';

/** Descriptions of modules that are looked at. */
const MODULES_LIMIT = 500_000;

/**
 * The packages of an image by the lists that dpkg, apk, rpm, npm and pip keep in it. What cannot
 * be read as such a list is passed over and named.
 */
export async function collectPackages(
  files: ImageFiles,
  breathe: () => Promise<void>,
): Promise<PackageList> {
  const reader = new PackageReader(files);
  const distro = readDistro(reader);
  readDpkg(reader);
  await breathe();
  readApk(reader);
  await readRpm(reader);
  let count = 0;
  for (const path of files.paths((one) => isNpm(one) || isPython(one))) {
    if ((count += 1) > MODULES_LIMIT) {
      reader.pass('/', `only the first ${MODULES_LIMIT} modules were read`);
      break;
    }
    if (isNpm(path)) readNpm(reader, `/${path}`);
    else readPython(reader, `/${path}`);
    await breathe();
  }
  return {
    packages: [...reader.packages].sort(byName),
    ...(distro && { distro }),
    notRead: reader.notRead,
  };
}

const KEYS = ['kind', 'name', 'version', 'architecture'] as const;

function byName(a: Package, b: Package): number {
  for (const key of KEYS) {
    const [one = '', other = ''] = [a[key], b[key]];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}
