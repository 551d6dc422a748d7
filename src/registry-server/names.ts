const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const NAME_LIMIT = 255;

/**
 * True for what a repository may be called.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
 */
export function isRepositoryName(text: string): boolean {
  return text.length <= NAME_LIMIT && NAME.test(text);
}

/** True for what a tag may be called. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}
