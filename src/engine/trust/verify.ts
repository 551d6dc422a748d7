import type { CallOptions } from '../../base/progress.ts';
import { familiar, formatReference, parseReference, withDefaultTag } from '../../oci/reference.ts';
import type { Connections } from '../../registry/connection.ts';
import { openRepository } from '../../registry/repository.ts';
import type { SignedIdentity } from '../../trust/identity.ts';
import type { Verified, VerifyRequest } from '../trust-types.ts';
import { anchorsOf } from './anchors.ts';
import { countingSignatures } from './demand.ts';

/** Every signature that counts of what a name points at in its registry. Throws UntrustedError. */
export async function verifyRemote(
  connections: Connections,
  request: VerifyRequest,
  now: Date,
  call: CallOptions,
): Promise<Verified> {
  const anchors = anchorsOf(request.anchors);
  const image = withDefaultTag(parseReference(request.name));
  const identity: SignedIdentity = { type: 'matchName' };
  const repository = openRepository(connections, image);
  const { digest } = await repository.resolve(undefined, call);
  const demand = {
    anchors,
    image: request.identity === undefined ? image : parseReference(request.identity),
    identity,
    isNamed: request.identity !== undefined,
    all: true,
    ...(request.annotations && { annotations: request.annotations }),
  };
  const claims = await countingSignatures(repository, familiar(image), [digest], demand, now, call);
  const { tag: _, ...bare } = image;
  return {
    name: formatReference({ ...bare, digest }),
    digest,
    signatures: claims.map(({ digest: __, ...claim }) => claim),
  };
}
