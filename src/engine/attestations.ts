import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Store } from '../store/store.ts';
import type { Attestations } from './attestation-types.ts';

/** What statements on images are made with. */
export interface AttestationParts {
  readonly store: Store;
  readonly snapshotter: () => Promise<Snapshotter>;
  /** Of the program. */
  readonly version: string;
}

/** The use cases of what is said of images. Each is loaded when it is asked for. */
export function attestationsOf(parts: AttestationParts): Attestations {
  const opened = async (): Promise<import('./attest/packages.ts').SbomParts> => ({
    ...parts,
    snapshotter: await parts.snapshotter(),
  });
  return {
    packages: async (image, options) =>
      (await import('./attest/packages.ts')).imagePackages(await opened(), image, options),
    document: async (image, format, options) =>
      (await import('./attest/packages.ts')).imageSbom(await opened(), image, format, options),
  };
}
