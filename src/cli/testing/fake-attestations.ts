import type { Attestations } from '../../engine/attestation-types.ts';
import { parseDigest } from '../../oci/digest.ts';

const DIGEST = parseDigest(`sha256:${'ab'.repeat(32)}`);

/** What an engine in memory says of any image. */
export const ATTESTATIONS: Attestations = {
  packages: async () => [
    {
      kind: 'deb',
      name: 'libc6',
      version: '2.36-9',
      architecture: 'amd64',
      license: 'LGPL-2.1-or-later',
      foundIn: '/var/lib/dpkg/status',
    },
    { kind: 'npm', name: 'left-pad', version: '1.3.0', foundIn: '/app/package.json' },
  ],
  attest: async ({ name }) => ({
    digest: DIGEST,
    predicateType: 'https://spdx.dev/Document',
    place: `${name}.att`,
  }),
  attached: async () => ({ format: 'spdx-json', document: { attached: true }, digest: DIGEST }),
  document: async (_image, format, { sourceDateEpoch } = {}) => ({ format, sourceDateEpoch }),
};
