import { DigestMismatchError, InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Reference } from '../../oci/reference.ts';
import { RemoteNotFoundError } from '../../registry/errors.ts';
import type { Repository } from '../../registry/repository.ts';
import { SignatureError, UntrustedError } from '../../trust/errors.ts';
import { acceptsIdentity, type SignedIdentity } from '../../trust/identity.ts';
import type { Claim } from '../../trust/signature.ts';
import type { Anchors } from './anchors.ts';
import { SIGNATURE_LIMIT, signaturesOf } from './signatures.ts';

/** What a signature must be to count. */
export interface Demand {
  readonly anchors: Anchors;
  /** The image under the name that is asked for. */
  readonly image: Reference;
  readonly identity: SignedIdentity;
  /** A signature without a name does not count: without it one could be moved between repositories. */
  readonly isNamed?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Look for every signature that counts; otherwise the first is enough. */
  readonly all?: boolean;
}

/** Reasons that are told. */
const REASONS = 3;

/**
 * The signatures that count of any of the digests: an index and the image that was chosen from it.
 * `name` is for the message. Throws UntrustedError when there are none, and what the repository
 * throws.
 */
export async function countingSignatures(
  repository: Repository,
  name: string,
  digests: readonly Digest[],
  demand: Demand,
  now: Date,
  call: CallOptions,
): Promise<readonly Claim[]> {
  const claims: Claim[] = [];
  const reasons = new Set<string>();
  let count = 0;
  for (const digest of new Set(digests)) {
    for await (const found of signaturesOf(repository, digest, demand.anchors, now, call)) {
      count += 1;
      try {
        const claim = await found.claim();
        check(claim, digest, demand);
        claims.push(claim);
        if (demand.all !== true) return claims;
      } catch (error) {
        if (!isAboutOne(error)) throw error;
        reasons.add(error.message);
      }
    }
  }
  if (claims.length > 0) return claims;
  throw untrusted(name, demand.anchors, count, [...reasons]);
}

function untrusted(
  name: string,
  { keys }: Anchors,
  count: number,
  reasons: readonly string[],
): UntrustedError {
  if (count === 0) {
    const kind = keys.length === 0 ? ' of the Notary Project' : '';
    return new UntrustedError(
      `${name} is not signed: its registry has no signature${kind}`,
      false,
      {
        hint: "'stave sign --key KEY NAME' signs an image in its registry.",
      },
    );
  }
  const many = count >= SIGNATURE_LIMIT ? `the newest ${count}` : `${count}`;
  const which = count === 1 ? 'its signature does not count' : `none of ${many} signatures counts`;
  const told = reasons.slice(0, REASONS).join('; ');
  return new UntrustedError(`${name} is not trusted: ${which}: ${told}`, true);
}

function check(claim: Claim, digest: Digest, demand: Demand): void {
  const { image, identity, isNamed = false, annotations = {} } = demand;
  if (claim.digest !== digest) throw new SignatureError(`it is about ${claim.digest}`);
  // Bundles and envelopes of the Notary Project name a digest and nothing else.
  if (claim.identity !== undefined && !acceptsIdentity(identity, image, claim.identity)) {
    const shown = JSON.stringify(claim.identity.slice(0, 300));
    throw new SignatureError(`it was made for ${shown}`);
  }
  if (claim.identity === undefined && isNamed) {
    throw new SignatureError('it names no repository, and one is wanted');
  }
  for (const [key, value] of Object.entries(annotations)) {
    if (claim.annotations[key] === value) continue;
    throw new SignatureError(`it does not say ${key}=${value}`);
  }
}

/** Whether an error is the fault of one signature; others may still count. */
function isAboutOne(error: unknown): error is Error {
  return (
    error instanceof SignatureError ||
    error instanceof InvalidInputError ||
    error instanceof DigestMismatchError ||
    error instanceof RemoteNotFoundError
  );
}
