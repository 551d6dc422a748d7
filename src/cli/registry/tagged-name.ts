import { UsageError } from '../../base/errors.ts';
import { isRepositoryName, isTag } from '../../registry-server/names.ts';

/** Reads `REPOSITORY[:TAG]`, a name within one registry. Throws UsageError. */
export function taggedName(typed: string): {
  readonly repository: string;
  readonly tag: string | undefined;
} {
  const colon = typed.indexOf(':');
  const repository = colon < 0 ? typed : typed.slice(0, colon);
  const tag = colon < 0 ? undefined : typed.slice(colon + 1);
  if (isRepositoryName(repository) && (tag === undefined || isTag(tag))) return { repository, tag };
  throw new UsageError(`'${typed}' is not the name of a repository or a tag`, {
    hint: "Give it without the host: 'team/app' or 'team/app:v1'.",
  });
}
