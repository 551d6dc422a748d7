import type { HttpResponse } from '../net/request.ts';
import { RegistryError } from './errors.ts';
import { type Asked, refusalOf } from './faults.ts';
import { jsonAnswer } from './json-answer.ts';
import { nextPage } from './pages.ts';

/** Tags of one page. */
const PAGE_LIMIT = 100_000;

/**
 * The tags of a repository, page after page. Throws RemoteNotFoundError, and RegistryError when
 * the pages do not end.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
 */
export async function* tagPages(
  first: string,
  ask: (target: string | URL) => Promise<HttpResponse>,
  asked: Asked,
  pages: number,
): AsyncGenerator<string, void> {
  const seen = new Set<string>();
  let target: string | URL | undefined = first;
  while (target !== undefined) {
    if (seen.has(String(target)) || seen.size >= pages) {
      throw new RegistryError(
        `${asked.registry} lists the tags of ${asked.repository} without end`,
      );
    }
    seen.add(String(target));
    const response: HttpResponse = await ask(target);
    if (response.status !== 200) throw await refusalOf(response, asked);
    const fields = await jsonAnswer(response, `the tags of ${asked.repository}`);
    yield* fields.optionalTexts('tags', PAGE_LIMIT) ?? [];
    target = nextPage(response);
  }
}
