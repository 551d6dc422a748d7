import { linkSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Digest } from '../../oci/digest.ts';
import { dropManifest } from '../drop-manifest.ts';
import { syncPath } from '../durable.ts';
import type { FileParts } from '../file-storage.ts';
import type { RegistryPaths } from '../paths.ts';
import { verifyFile } from './verify-file.ts';

/** What became of a content whose bytes are not what they were. */
export interface Quarantined {
  readonly digest: Digest;
  /** Another copy of it was good. */
  readonly isRestored: boolean;
  /** Repositories that had the damaged bytes. */
  readonly repositories: readonly string[];
  /** Manifests that it was, as `REPOSITORY@DIGEST`: they are gone with their tags. */
  readonly manifests: readonly string[];
}

/**
 * Takes damaged bytes out of use: pushing the content again heals what needs it. A good copy, which
 * a repository may have, takes their place.
 */
export async function quarantine(parts: FileParts, digest: Digest): Promise<Quarantined> {
  const { content, clock, paths, tables, turns } = parts;
  using _ = content.hold(digest);
  const pool = paths.pool(digest);
  const bad = statSync(pool, { throwIfNoEntry: false })?.ino;
  const holders = tables
    .positions()
    .map(({ name }) => ({ name, path: paths.blob(name, digest) }))
    .flatMap((one) => {
      const ino = statSync(one.path, { throwIfNoEntry: false })?.ino;
      return ino === undefined ? [] : [{ ...one, ino }];
    });
  const good = await goodCopy(
    holders.filter(({ ino }) => ino !== bad),
    digest,
  );
  setAside(paths, digest);
  if (good !== undefined) {
    linkSync(good, pool);
    await syncPath(dirname(pool));
  }
  const manifests: string[] = [];
  const damaged = holders.filter(({ ino }) => good === undefined || ino === bad);
  for (const { name, path, ino } of damaged) {
    await turns.take(name, async () => {
      if (statSync(path, { throwIfNoEntry: false })?.ino !== ino) return;
      rmSync(path, { force: true });
      if (good !== undefined) {
        await content.link(name, digest);
        return;
      }
      const manifest = tables.manifest(name, digest);
      if (!manifest) return;
      manifests.push(`${name}@${digest}`);
      const at = clock.now().toISOString();
      await dropManifest(parts, name, manifest, { at, why: 'damaged' });
    });
  }
  return {
    digest,
    isRestored: good !== undefined,
    repositories: damaged.map(({ name }) => name),
    manifests,
  };
}

/** Moves the bytes of a content to where nobody reads them but who wants to know what happened. */
export function setAside(paths: RegistryPaths, digest: Digest): void {
  mkdirSync(paths.quarantine, { recursive: true });
  const place = join(paths.quarantine, digest.replace(':', '-'));
  renameSync(paths.pool(digest), place);
}

async function goodCopy(
  copies: readonly { readonly path: string; readonly ino: number }[],
  digest: Digest,
): Promise<string | undefined> {
  const seen = new Set<number>();
  for (const { path, ino } of copies) {
    if (seen.has(ino)) continue;
    seen.add(ino);
    if ((await verifyFile(path, digest)) === 'right') return path;
  }
  return undefined;
}
