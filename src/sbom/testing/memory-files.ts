import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';
import { collectPackages } from '../collect.ts';
import type { ImageFiles } from '../image-files.ts';
import type { PackageList } from '../package.ts';

type Contents = Readonly<Record<string, string | Uint8Array>>;

/** Files in memory, by paths from the root. */
export function memoryFiles(contents: Contents): ImageFiles {
  const all = new Map(Object.entries(contents).map(([path, data]) => [path, Buffer.from(data)]));
  return {
    paths: (wanted) => [...all.keys()].map((path) => path.slice(1)).filter(wanted),
    read(path, limit) {
      const data = all.get(path);
      if (data && data.length > limit) {
        throw new InvalidInputError(`it is larger than ${limit} bytes`);
      }
      return data;
    },
    names: (path) =>
      [...all.keys()]
        .filter((one) => one.startsWith(`${path}/`))
        .map((one) => one.slice(path.length + 1))
        .sort(),
    locate: () => undefined,
  };
}

/** The packages in such files. */
export async function packagesIn(contents: Contents): Promise<PackageList> {
  return collectPackages(memoryFiles(contents), async () => {});
}

/** The packages where some of the files have to lie on a disk. */
export async function packagesOnDisk(contents: Contents): Promise<PackageList> {
  const folder = mkdtempSync(join(tmpdir(), 'sbom-test-'));
  try {
    const places = new Map(
      Object.entries(contents).map(([path, data], at) => {
        const file = join(folder, String(at));
        writeFileSync(file, data);
        return [path, { file, size: data.length }];
      }),
    );
    const files = { ...memoryFiles(contents), locate: (path: string) => places.get(path) };
    return await collectPackages(files, async () => {});
  } finally {
    rmSync(folder, { recursive: true });
  }
}
