import type { Connection } from '../../registry/connection.ts';
import { RegistryError } from '../../registry/errors.ts';
import { jsonAnswer } from '../../registry/json-answer.ts';
import { nextPage } from '../../registry/pages.ts';

const PAGES = 1000;
const NAMES = 100_000;

/** The names of a registry's repositories, page after page. Throws RegistryError. */
export async function* repositoryPages(
  connection: Connection,
  label: string,
): AsyncGenerator<string, void> {
  const seen = new Set<string>();
  let target: string | URL | undefined = '/v2/_catalog?n=1000';
  while (target !== undefined) {
    if (seen.has(String(target)) || seen.size >= PAGES) {
      throw new RegistryError(`${label} lists its repositories without end`);
    }
    seen.add(String(target));
    const response = await connection.ask({ target, scopes: ['registry:catalog:*'] });
    if (response.status !== 200) {
      await response.discard();
      throw new RegistryError(`${label} does not list its repositories`, {
        status: response.status,
        hint: 'Name them one by one: patterns need its list.',
      });
    }
    const fields = await jsonAnswer(response, `the repositories of ${label}`);
    yield* fields.optionalTexts('repositories', NAMES) ?? [];
    target = nextPage(response);
  }
}
