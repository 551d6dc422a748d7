import { existsSync, linkSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Digest } from '../../oci/digest.ts';
import { lockFile } from '../../sys/lock.ts';
import { RegistryDataError } from '../errors.ts';
import { isRepositoryName } from '../names.ts';
import { RegistryPaths, repositoryOf } from '../paths.ts';
import { contents } from './contents.ts';
import { checkIndex, makeIndex } from './fsck-index.ts';
import { checkRepository } from './fsck-repository.ts';
import { setAside } from './quarantine.ts';
import { verifyFile } from './verify-file.ts';

/** Something that is not as it should be in the folder of a registry. */
export interface Problem {
  /** Relative to the folder. */
  readonly file: string;
  readonly problem: string;
  /** What clients notice. */
  readonly consequence: string;
  /** What was done about it, or undefined. */
  readonly repair: string | undefined;
}

/** What the parts of a check share. */
export interface Check {
  readonly paths: RegistryPaths;
  readonly repair: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Contents of the pool whose bytes are wrong. */
  readonly wrong: Set<Digest>;
}

/** What a check looked at. */
export interface CheckCounts {
  contents: number;
  bytes: number;
  repositories: number;
  manifests: number;
}

/**
 * Reads everything in the folder of a registry that nobody else is using, and says what is wrong.
 * With `repair` it is mended as far as the bytes are there, and what cannot be kept is dropped.
 * Throws RegistryDataError.
 */
export async function* fsck(
  root: string,
  options: {
    readonly repair: boolean;
    readonly clock: Clock;
    readonly signal?: AbortSignal | undefined;
    readonly counts?: CheckCounts;
  },
): AsyncGenerator<Problem> {
  const paths = new RegistryPaths(root);
  if (!existsSync(paths.repositories)) {
    throw new RegistryDataError(`${root} holds no registry`);
  }
  using lock = lockFile(paths.lock, { exclusive: true, wait: false });
  if (!lock) {
    throw new RegistryDataError(`a registry is using ${root}`, {
      hint: 'End it first. While it runs it checks its contents by itself.',
    });
  }
  const { repair, clock, signal } = options;
  const counts = options.counts ?? { contents: 0, bytes: 0, repositories: 0, manifests: 0 };
  const check: Check = { paths, repair, clock, signal, wrong: new Set() };
  for await (const { digest, path } of contents(paths.blobs)) {
    signal?.throwIfAborted();
    counts.contents += 1;
    counts.bytes += statSync(path).size;
    if ((await verifyFile(path, digest)) === 'wrong') yield await wrongContent(check, digest);
  }
  let isChanged = false;
  for (const folder of readdirSync(paths.repositories).toSorted()) {
    signal?.throwIfAborted();
    const name = repositoryOf(folder);
    if (!isRepositoryName(name) || !statSync(paths.repository(name)).isDirectory()) {
      yield {
        file: join('repositories', folder),
        problem: 'the name is not that of a repository',
        consequence: 'nobody can see it',
        repair: undefined,
      };
      continue;
    }
    counts.repositories += 1;
    for await (const problem of checkRepository(check, name, counts)) {
      isChanged ||= problem.repair !== undefined;
      yield problem;
    }
  }
  // What was mended is in the journals: tables and lists are made of them.
  if (isChanged) await makeIndex(check);
  else yield* checkIndex(check);
}

/** A good copy, which a repository may have, takes the place of damaged bytes. */
async function wrongContent(check: Check, digest: Digest): Promise<Problem> {
  const { paths, repair, wrong } = check;
  wrong.add(digest);
  const pool = paths.pool(digest);
  const said = {
    file: relative(paths.root, pool),
    problem: 'the bytes do not have the digest of the name',
    consequence: 'repositories that have it serve damaged bytes, and pushing it again is no help',
  };
  if (!repair) return { ...said, repair: undefined };
  const good = await goodCopy(paths, digest, statSync(pool).ino);
  setAside(paths, digest);
  if (good === undefined) return { ...said, repair: 'the bytes are in quarantine' };
  linkSync(good, pool);
  wrong.delete(digest);
  return { ...said, repair: 'another copy took its place' };
}

async function goodCopy(
  paths: RegistryPaths,
  digest: Digest,
  bad: number,
): Promise<string | undefined> {
  for (const folder of readdirSync(paths.repositories)) {
    const path = paths.blob(repositoryOf(folder), digest);
    const ino = statSync(path, { throwIfNoEntry: false })?.ino;
    if (ino === undefined || ino === bad) continue;
    if ((await verifyFile(path, digest)) === 'right') return path;
  }
  return undefined;
}
