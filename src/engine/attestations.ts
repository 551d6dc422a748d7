import type { AttestParts } from './attest/attest.ts';
import type { Attestations } from './attestation-types.ts';

/** The use cases of what is said of images. Each is loaded when it is asked for. */
export function attestationsOf(parts: AttestParts): Attestations {
  const opened = async (): Promise<import('./attest/packages.ts').SbomParts> => ({
    ...parts,
    snapshotter: await parts.snapshotter(),
  });
  return {
    packages: async (image, options) =>
      (await import('./attest/packages.ts')).imagePackages(await opened(), image, options),
    document: async (image, format, options) =>
      (await import('./attest/packages.ts')).imageSbom(await opened(), image, format, options),
    attest: async (request, call = {}) =>
      (await import('./attest/attest.ts')).attestRemote(parts, request, call),
    attached: async (name, options = {}) =>
      (await import('./attest/attached.ts')).attachedSbom(await parts.connections(), name, options),
  };
}
