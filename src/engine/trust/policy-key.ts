import { TrustConfigError } from '../../trust/errors.ts';
import { KEY_FILE_LIMIT, readPublicKey } from '../../trust/key-file.ts';
import type { PolicyKey } from '../../trust/policy.ts';
import type { TrustedKey } from '../../trust/signature.ts';
import { readBounded } from './policy-file.ts';

/** A key that a policy names. Throws TrustConfigError. */
export function policyKey(key: PolicyKey, policy: string): TrustedKey {
  if ('data' in key) {
    const name = `in ${policy}`;
    return { name, key: readPublicKey(key.data, name) };
  }
  const pem = readBounded(key.path, KEY_FILE_LIMIT);
  if (!pem) throw new TrustConfigError(`the key ${key.path} of the policy ${policy} is not there`);
  return { name: key.path, key: readPublicKey(pem, key.path) };
}
