/**
 * What a faulty registry does, and what must come of it: `ok` an image with the right bytes,
 * `fail` a message, an exit code and no trace, `any` either of them. A row without a scenario, and
 * a scenario that ends otherwise than its row says, fail the tests beside this file.
 */
export type Must = 'ok' | 'fail' | 'any';

const rows = (must: Must, names: string): [string, Must][] =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => [name, must]);

/** 77 ways to answer a pull. */
export const PULL_ROWS: ReadonlyMap<string, Must> = new Map([
  ...rows(
    'ok',
    `fine trunc-once reset-once reset-every-128k reset-no-range manifest-500-twice blob-503-twice
    m429-retry-after b429-retry-after slow-drip redirect-other-host redirect-manifest token
    token-access token-expires token-500-once basic attestation attestation-first variants
    docker-types same-layer-twice uncompressed zstd transfer-gzip no-length no-head
    no-digest-header warning no-mediatype`,
  ),
  ...rows(
    'fail',
    `trunc-always wrong-bytes wrong-config manifest-other always-500 m429-forever m429-one-day
    stall redirect-loop redirect-file token-denied token-html token-other-scope basic-none
    missing-layer missing-config missing-manifest denied html-page huge-manifest
    endless-manifest self-index size-too-small size-too-big size-negative size-exabyte
    other-platform not-gzip gzip-cut diffid-wrong diffid-missing schema1 config-not-json
    bad-manifest-json empty-digest evil-digest unknown-algo`,
  ),
  ...rows(
    'any',
    `range-wrong-offset longer-body manifest-header-lies type-json type-text deep-index
    tar-escape no-layers foreign artifact`,
  ),
]);

/** 13 ways to answer a push. */
export const PUSH_ROWS: ReadonlyMap<string, Must> = new Map([
  ...rows(
    'ok',
    `push-fine push-reset-once push-503-once push-429-once push-absolute push-relative
    push-token-expires push-known`,
  ),
  ...rows('fail', 'push-bad-digest-400 push-manifest-413 push-denied'),
  ...rows('any', 'push-session-lost push-lies-201'),
]);
