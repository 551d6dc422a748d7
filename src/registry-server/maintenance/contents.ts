import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../base/errors.ts';
import { breather } from '../../base/limit.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';

/** All contents, in the order of their digests but for those of different algorithms. */
export async function* contents(
  blobs: string,
  after?: Digest,
): AsyncGenerator<{ readonly digest: Digest; readonly path: string }> {
  const pause = breather(10);
  for (const algorithm of ['sha256', 'sha512']) {
    const folder = join(blobs, algorithm);
    if (!existsSync(folder)) continue;
    for (const start of readdirSync(folder).toSorted()) {
      const place = join(folder, start);
      if (after !== undefined && `${algorithm}:${start}` < after.slice(0, 9)) continue;
      for (const name of namesIn(place).toSorted()) {
        const digest = `${algorithm}:${name}`;
        if (!isDigest(digest) || (after !== undefined && digest <= after)) continue;
        yield { digest, path: join(place, name) };
        await pause();
      }
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
