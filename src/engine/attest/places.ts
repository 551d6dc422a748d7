import { type Digest, encoded } from '../../oci/digest.ts';

/** The annotation that says what kind of statement a layer or an artifact is. */
export const PREDICATE_TYPE = 'in-toto.io/predicate-type';

/** The same on layers under cosign's tag, and on bundles. */
export const COSIGN_TYPE = 'predicateType';
export const BUNDLE_TYPE = 'dev.sigstore.bundle.predicateType';
/** What a bundle holds. */
export const BUNDLE_CONTENT = 'dev.sigstore.bundle.content';

/** The tag under which cosign keeps the attestations of a digest. */
export function attestationTag(digest: Digest): string {
  const [algorithm = ''] = digest.split(':');
  return `${algorithm}-${encoded(digest)}.att`;
}
