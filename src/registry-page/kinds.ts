const ARTIFACTS: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/cosign.*(?:sig|simplesigning)/, 'Signature (cosign)'],
  [/dev\.sigstore\.bundle/, 'Signed bundle (Sigstore)'],
  [/notary\.signature/, 'Signature (Notary Project)'],
  [/docker\.attestation/, 'Attestations (BuildKit)'],
  [/spdx/, 'SBOM (SPDX)'],
  [/cyclonedx/, 'SBOM (CycloneDX)'],
  [/syft/, 'SBOM (Syft)'],
  [/in-toto|dsse/, 'Attestation (in-toto)'],
  [/sarif/, 'Scan report (SARIF)'],
  [/helm\.config/, 'Helm chart'],
  [/wasm/, 'WebAssembly module'],
];
const PREDICATES: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/slsa\.dev\/provenance/, 'Provenance (SLSA)'],
  [/spdx\.dev/, 'SBOM (SPDX)'],
  [/cyclonedx/, 'SBOM (CycloneDX)'],
  [/attestation\/vuln/, 'Scan report'],
  [/openvex|\/vex/, 'VEX statement'],
];

/** What an artifact type means to people; the type itself when it is not a known one. */
export function artifactKind(type: string | undefined): string {
  if (type === undefined || type === '') return 'Artifact';
  return ARTIFACTS.find(([pattern]) => pattern.test(type))?.[1] ?? type;
}

/** What the type of an in-toto statement means to people; the type itself if it is not known. */
export function predicateKind(uri: string): string {
  return PREDICATES.find(([pattern]) => pattern.test(uri))?.[1] ?? uri;
}
