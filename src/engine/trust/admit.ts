import type { CallOptions } from '../../base/progress.ts';
import type { Digest } from '../../oci/digest.ts';
import { familiar, type Reference } from '../../oci/reference.ts';
import type { RegistrySettings } from '../../registry/settings.ts';
import type { Repository } from '../../registry/repository.ts';
import { TrustConfigError, UntrustedError } from '../../trust/errors.ts';
import { type Requirement, requirementsFor } from '../../trust/policy.ts';
import type { TrustAnchor } from '../trust-types.ts';
import { readPolicy } from './policy-file.ts';

/** What is about to come out of a registry. */
export interface Arrival {
  readonly repository: Repository;
  /** As it is asked for. */
  readonly reference: Reference;
  /** Of what the name points at, and of the image that was chosen from it: a signature of either counts. */
  readonly digests: readonly Digest[];
}

/** What it has to pass. */
export interface Admission {
  readonly settings: RegistrySettings;
  readonly now: Date;
  /** Signatures that are required besides what the policy says: of any of these. */
  readonly required?: readonly TrustAnchor[];
}

/**
 * Lets an image in, or throws: the policy of the user or the machine must be satisfied, and there
 * must be a signature where one is required. Nothing but documents may have been fetched before.
 *
 * Throws UntrustedError, TrustConfigError, and what the registry throws.
 */
export async function admit(
  arrival: Arrival,
  { settings, now, required = [] }: Admission,
  call: CallOptions,
): Promise<void> {
  const policy = readPolicy(settings);
  const name = familiar(arrival.reference);
  for (const requirement of policy ? requirementsFor(policy, arrival.reference) : []) {
    if (requirement.type === 'insecureAcceptAnything') continue;
    await satisfy(requirement, policy?.path ?? '', name, arrival, now, call);
  }
  if (required.length === 0) return;
  const [{ anchorsOf }, { countingSignatures }] = await Promise.all([
    import('./anchors.ts'),
    import('./demand.ts'),
  ]);
  const { repository, reference, digests } = arrival;
  const demand = {
    anchors: anchorsOf(required),
    image: reference,
    identity: { type: 'matchName' },
  } as const;
  await countingSignatures(repository, name, digests, demand, now, call);
}

async function satisfy(
  requirement: Exclude<Requirement, { type: 'insecureAcceptAnything' }>,
  path: string,
  name: string,
  { repository, reference, digests }: Arrival,
  now: Date,
  call: CallOptions,
): Promise<void> {
  if (requirement.type === 'reject') {
    throw new UntrustedError(`${name} is rejected by the policy ${path}`, false);
  }
  if (requirement.type === 'unsupported') {
    throw new TrustConfigError(
      `the policy ${path} asks of ${name} what cannot be checked here: ${requirement.what}`,
      { hint: '"sigstoreSigned" with a key can be checked.' },
    );
  }
  const [{ policyKey }, { countingSignatures }] = await Promise.all([
    import('./policy-key.ts'),
    import('./demand.ts'),
  ]);
  const keys = requirement.keys.map((key) => policyKey(key, path));
  const anchors = { keys, certificates: [] };
  const { identity } = requirement;
  const demand = { anchors, image: reference, identity, isNamed: true };
  await countingSignatures(repository, name, digests, demand, now, call);
}
