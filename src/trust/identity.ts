import { StaveError } from '../base/errors.ts';
import {
  formatReference,
  parseReference,
  type Reference,
  repositoryName,
} from '../oci/reference.ts';

/**
 * Which names a signature may have been made under to count for an image.
 *
 * @see https://github.com/containers/image/blob/main/docs/containers-policy.json.5.md#signedby
 */
export type SignedIdentity =
  | { readonly type: 'matchExact' | 'matchRepoDigestOrExact' | 'matchRepository' }
  /** The repository is the same; of a signature with a tag, the tag too. For `stave verify`. */
  | { readonly type: 'matchName' }
  | { readonly type: 'exactReference'; readonly reference: Reference }
  | { readonly type: 'exactRepository'; readonly repository: Reference }
  | {
      readonly type: 'remapIdentity';
      readonly prefix: string;
      readonly signedPrefix: string;
    };

/** Whether the name of a signature is good for an image that is called `image` where it comes from. */
export function acceptsIdentity(rule: SignedIdentity, image: Reference, signed: string): boolean {
  const own = parsed(signed);
  if (own === undefined) return false;
  const isBare = own.tag === undefined && own.digest === undefined;
  const sameRepository = (other: Reference): boolean =>
    repositoryName(own) === repositoryName(other);
  const same = (other: Reference): boolean =>
    !isBare && formatReference(own) === formatReference(other);
  const byDigestOrExact = (other: Reference): boolean =>
    other.digest === undefined ? same(other) : !isBare && sameRepository(other);
  switch (rule.type) {
    case 'matchExact':
      return same(image);
    case 'matchRepoDigestOrExact':
      return byDigestOrExact(image);
    case 'matchRepository':
      return sameRepository(image);
    case 'matchName':
      return (
        sameRepository(image) &&
        (own.tag === undefined || image.tag === undefined || own.tag === image.tag)
      );
    case 'exactReference':
      return same(rule.reference);
    case 'exactRepository':
      return sameRepository(rule.repository);
    case 'remapIdentity': {
      const moved = remapped(image, rule);
      return moved !== undefined && byDigestOrExact(moved);
    }
  }
}

/** The name with its beginning exchanged; itself where it begins otherwise. */
function remapped(
  image: Reference,
  { prefix, signedPrefix }: { readonly prefix: string; readonly signedPrefix: string },
): Reference | undefined {
  const name = repositoryName(image);
  if (name !== prefix && !name.startsWith(`${prefix}/`)) return image;
  const moved = parsed(`${signedPrefix}${name.slice(prefix.length)}`);
  if (moved === undefined) return undefined;
  const { registry, repository } = moved;
  return { ...image, registry, repository };
}

function parsed(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof StaveError) return undefined;
    throw error;
  }
}
