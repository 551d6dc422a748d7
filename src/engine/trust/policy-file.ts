import { readFileSync, statSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import { homeOf, type RegistrySettings } from '../../registry/settings.ts';
import { TrustConfigError } from '../../trust/errors.ts';
import { parsePolicy, type Policy, POLICY_LIMIT } from '../../trust/policy.ts';

/**
 * The policy of this user, or else of the machine; undefined where there is none. Throws
 * TrustConfigError for one that cannot be read.
 */
export function readPolicy(settings: RegistrySettings): Policy | undefined {
  const places = [
    `${homeOf(settings)}/.config/containers/policy.json`,
    `${settings.etc ?? '/etc'}/containers/policy.json`,
  ];
  for (const path of places) {
    const data = readBounded(path, POLICY_LIMIT);
    if (data) return parsePolicy(data, path);
  }
  return undefined;
}

/** A file of a policy; undefined when there is none. Throws TrustConfigError. */
export function readBounded(path: string, limit: number): Buffer | undefined {
  try {
    if (statSync(path).size > limit) {
      throw new TrustConfigError(`${path} is larger than ${limit} bytes`);
    }
    return readFileSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    if (!isErrno(error, 'EACCES', 'EISDIR', 'EPERM', 'ELOOP')) throw error;
    throw new TrustConfigError(`${path} cannot be read`, { cause: error });
  }
}
