import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';
import { type Digest, digestLike, isDigest } from '../../oci/digest.ts';
import { checkManifest } from '../check-manifest.ts';
import { syncPath } from '../durable.ts';
import { appendEntry } from '../journal.ts';
import type { Check, CheckCounts, Problem } from './fsck.ts';
import { checkJournal, type JournalState } from './fsck-journal.ts';
import { verifyFile } from './verify-file.ts';

/** Looks at the journal of a repository, at what it has, and at whether its manifests are whole. */
export async function* checkRepository(
  check: Check,
  repository: string,
  counts: CheckCounts,
): AsyncGenerator<Problem> {
  const state = yield* checkJournal(check, repository);
  for (const algorithm of ['sha256', 'sha512']) {
    const folder = join(check.paths.repository(repository), 'blobs', algorithm);
    for (const name of namesIn(folder)) {
      check.signal?.throwIfAborted();
      const digest = `${algorithm}:${name}`;
      const path = join(folder, name);
      const problem = isDigest(digest)
        ? await linkProblem(check, path, digest)
        : said(check, path, 'the name is no digest', 'nobody can see it');
      if (problem) yield problem;
    }
  }
  counts.manifests += state.manifests.size;
  yield* checkManifests(check, repository, state);
}

async function linkProblem(
  check: Check,
  path: string,
  digest: Digest,
): Promise<Problem | undefined> {
  const { paths, repair, wrong } = check;
  const pool = paths.pool(digest);
  const shared = statSync(pool, { throwIfNoEntry: false });
  const isShared = shared?.ino === statSync(path).ino;
  const isRight = isShared ? !wrong.has(digest) : (await verifyFile(path, digest)) === 'right';
  if (isRight) {
    if (shared) return undefined;
    if (repair) {
      mkdirSync(dirname(pool), { recursive: true });
      linkSync(path, pool);
    }
    const problem = 'the content is not among those that repositories share';
    const consequence = 'it cannot be mounted, and takes its space once more when it is pushed';
    return said(check, path, problem, consequence, 'shared again');
  }
  const problem = 'the bytes do not have the digest of the name';
  const consequence = 'clients that pull it refuse it';
  const hasGood = shared !== undefined && !isShared && !wrong.has(digest);
  if (repair) {
    rmSync(path);
    if (hasGood) linkSync(pool, path);
    await syncPath(dirname(path));
  }
  return said(check, path, problem, consequence, hasGood ? 'linked to the good copy' : 'removed');
}

async function* checkManifests(
  check: Check,
  repository: string,
  state: JournalState,
): AsyncGenerator<Problem> {
  // What an index names may be dropped because of what it names in turn.
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    for (const [digest, type] of state.manifests) {
      check.signal?.throwIfAborted();
      const fault = await manifestFault(check, repository, digest, type);
      if (fault === undefined) continue;
      const { problem, repaired } = fault;
      const path = check.paths.blob(repository, digest);
      const tags = state.tagsOf(digest);
      const names = tags.length > 0 ? tags.map((tag) => `${repository}:${tag}`) : [digest];
      const consequence = `${names.join(', ')} cannot be pulled`;
      if (repaired !== undefined || !check.repair) {
        if (!state.reported.has(digest)) yield said(check, path, problem, consequence, repaired);
        state.reported.add(digest);
        continue;
      }
      const at = check.clock.now().toISOString();
      const journal = check.paths.journal(repository);
      await appendEntry(journal, { at, remove: digest, why: 'damaged' });
      rmSync(path, { force: true });
      state.manifests.delete(digest);
      isChanged = true;
      yield said(check, path, problem, consequence, 'the manifest is dropped');
    }
  }
}

/** Why a manifest cannot be pulled whole; `repaired` when it can be by now. */
async function manifestFault(
  check: Check,
  repository: string,
  digest: Digest,
  type: string,
): Promise<{ readonly problem: string; readonly repaired: string | undefined } | undefined> {
  const { paths } = check;
  const path = paths.blob(repository, digest);
  let repaired: string | undefined;
  let problem: string | undefined;
  if (!statSync(path, { throwIfNoEntry: false })) {
    problem = 'the manifest is not there';
    repaired = await relink(check, path, digest);
    if (repaired === undefined) return { problem, repaired };
  }
  const body = readFileSync(path);
  let needs: ReturnType<typeof checkManifest>['needs'];
  try {
    if (digestLike(digest, body) !== digest) throw new InvalidInputError('its bytes are wrong');
    ({ needs } = checkManifest(body, type));
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { problem: `the manifest cannot be read: ${error.message}`, repaired: undefined };
  }
  const mayLack = existsSync(paths.mirrored(repository));
  for (const need of needs) {
    const place = paths.blob(repository, need.digest);
    const size = statSync(place, { throwIfNoEntry: false })?.size;
    if (size === need.size && !isDamaged(check, place, need.digest)) continue;
    if (size === undefined && mayLack) continue;
    problem = size === undefined ? `it lacks ${need.digest}` : `its ${need.digest} is damaged`;
    repaired = size === undefined ? await relink(check, place, need.digest) : undefined;
    if (repaired === undefined) return { problem, repaired };
  }
  return problem === undefined ? undefined : { problem, repaired };
}

/** True for what shares wrong bytes, which are still there when nothing is repaired. */
function isDamaged({ paths, wrong }: Check, path: string, digest: Digest): boolean {
  if (!wrong.has(digest)) return false;
  return statSync(path).ino === statSync(paths.pool(digest), { throwIfNoEntry: false })?.ino;
}

/** Takes a content from the shared ones. Undefined when they do not have it either. */
async function relink(check: Check, path: string, digest: Digest): Promise<string | undefined> {
  const { paths, repair, wrong } = check;
  const pool = paths.pool(digest);
  if (!repair || wrong.has(digest) || !statSync(pool, { throwIfNoEntry: false })) return undefined;
  mkdirSync(dirname(path), { recursive: true });
  linkSync(pool, path);
  await syncPath(dirname(path));
  return 'taken from the contents that repositories share';
}

function said(
  { paths, repair }: Check,
  path: string,
  problem: string,
  consequence: string,
  repaired?: string,
): Problem {
  return {
    file: relative(paths.root, path),
    problem,
    consequence,
    repair: repair ? repaired : undefined,
  };
}

function namesIn(folder: string): string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory()
    ? readdirSync(folder).toSorted()
    : [];
}
