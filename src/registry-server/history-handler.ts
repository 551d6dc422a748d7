import { answerJson, type Exchange } from './answer.ts';
import { Problem } from './errors.ts';
import { isTag } from './names.ts';
import type { RegistryStorage } from './storage.ts';

/** The most changes in one answer. */
const LIMIT = 1000;

/**
 * `GET` of what the tags of a repository have meant, the newest change first: an extension. Who
 * made a change is told to those who may push.
 */
export async function listHistory(
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
): Promise<void> {
  const { access, caller, query } = exchange;
  if (!storage.history) throw new Problem(404, 'UNSUPPORTED', 'this registry keeps no history');
  if (!(await storage.hasRepository(repository))) {
    throw new Problem(404, 'NAME_UNKNOWN', 'there is no such repository');
  }
  const tag = query.get('tag') ?? undefined;
  if (tag !== undefined && !isTag(tag)) throw new Problem(400, 'NAME_INVALID', 'the tag is none');
  const n = query.get('n') ?? String(LIMIT);
  if (!/^\d{1,9}$/.test(n)) throw new Problem(400, 'UNSUPPORTED', '"n" is not a number');
  const rows = await storage.history(repository, tag, Math.min(Number(n), LIMIT));
  const seesWho = access.may(caller, repository, 'push');
  const changes = rows.map(({ at, digest, actor, what, tag: name }) => ({
    time: new Date(at).toISOString(),
    tag: name,
    what,
    ...(seesWho && actor !== null && { who: actor }),
    ...(digest !== null && { digest }),
  }));
  answerJson(exchange, 200, JSON.stringify({ name: repository, changes }));
}
