import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { collect } from '../../base/bytes.ts';
import { InvalidInputError, isErrno } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import { verified } from '../../oci/verified.ts';
import { unpackTree } from '../../snapshot/unpack-tree.ts';
import type { CacheMount } from '../exec-mount.ts';
import { MOST } from './chunks.ts';
import type { SharedMount } from './document.ts';
import { nameOf } from './export-mounts.ts';
import { isKnown, type ImportedCaches } from './imported.ts';
import type { CacheSource } from './remote.ts';

/**
 * Fills a new cache mount with what an imported cache has of it; false when none has. What
 * cannot be restored is said and left out: a cache mount is there to help.
 */
export async function restoreMount(
  imported: ImportedCaches,
  mount: CacheMount,
  directory: string,
  call: CallOptions,
): Promise<boolean> {
  const name = nameOf(mount);
  const found = (await imported.mounts()).find((one) => one.mount.id === name);
  if (!found) return false;
  const report = reporter(call.progress);
  using task = report.begin(`restoring cache mount ${mount.id} from ${found.from.label}`, {
    kind: 'transfer',
    total: found.mount.size,
    unit: 'bytes',
  });
  try {
    const tar = task.count(tarOf(found.mount, found.from, call));
    await unpackTree(tar, directory, { ...call, owners: true, name: 'the cache mount' });
    task.outcome = 'done';
    return true;
  } catch (error) {
    call.signal?.throwIfAborted();
    if (!isKnown(error) || isErrno(error, 'ENOSPC', 'EDQUOT')) throw error;
    for (const one of readdirSync(directory)) rmSync(join(directory, one), { recursive: true });
    task.outcome = 'canceled';
    report.warn({
      code: 'CacheMountNotRestored',
      message: `the cache mount ${mount.id} begins empty: ${error.message}`,
    });
    return false;
  }
}

/** The tar that the pieces make, none of them larger than a piece can be. */
async function* tarOf(
  mount: SharedMount,
  from: CacheSource,
  call: CallOptions,
): AsyncGenerator<Uint8Array, void> {
  const decompress = promisify(process.getBuiltinModule('node:zlib').zstdDecompress);
  let size = 0;
  for (const blob of mount.chunks) {
    call.signal?.throwIfAborted();
    // Compression makes nothing much larger.
    if (blob.size > 2 * MOST) throw new InvalidInputError(`a piece has ${blob.size} bytes`);
    const data = await collect(verified(await from.fetch(blob, call), blob, from.label), 2 * MOST);
    const chunk = await decompress(data, { maxOutputLength: MOST });
    size += chunk.length;
    if (size > mount.size) throw new InvalidInputError('it is larger than it was said to be');
    yield chunk;
  }
}
