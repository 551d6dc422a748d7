import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { breather } from '../base/limit.ts';

/** Bytes of all blobs and manifests in the folder of a repository; 0 when there is none. */
export async function repositorySize(folder: string): Promise<number> {
  const breathe = breather();
  let size = 0;
  for (const algorithm of ['sha256', 'sha512']) {
    const blobs = join(folder, 'blobs', algorithm);
    if (!statSync(blobs, { throwIfNoEntry: false })) continue;
    for (const name of readdirSync(blobs)) {
      // It may be deleted at this moment.
      size += statSync(join(blobs, name), { throwIfNoEntry: false })?.size ?? 0;
      await breathe();
    }
  }
  return size;
}
