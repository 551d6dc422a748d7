import { InvalidInputError } from '../base/errors.ts';
import type { Fields } from '../oci/json.ts';
import { parseReference } from '../oci/reference.ts';
import type { SignedIdentity } from './identity.ts';

/** A `signedIdentity` of a policy. Throws InvalidInputError, InvalidReferenceError. */
export function signedIdentity(fields: Fields | undefined): SignedIdentity {
  if (fields === undefined) return { type: 'matchRepoDigestOrExact' };
  const type = fields.text('type');
  switch (type) {
    case 'matchExact':
    case 'matchRepoDigestOrExact':
    case 'matchRepository':
      return { type };
    case 'exactReference':
      return { type, reference: parseReference(fields.text('dockerReference')) };
    case 'exactRepository':
      return { type, repository: parseReference(fields.text('dockerRepository')) };
    case 'remapIdentity':
      return { type, prefix: fields.text('prefix'), signedPrefix: fields.text('signedPrefix') };
    default:
      throw new InvalidInputError(
        `the signed identity ${JSON.stringify(type.slice(0, 100))} is not known`,
      );
  }
}
