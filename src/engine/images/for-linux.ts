import { isAttestation } from '../../image/attestation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';

/** True for entries of an index that a store of Linux images can hold. */
export function isForLinux(entry: Descriptor): boolean {
  const { platform } = entry;
  return isAttestation(entry) || platform === undefined || ['', 'linux'].includes(platform.os);
}
