import { InvalidInputError } from '../../base/errors.ts';
import { type Attestation, attestationManifest } from '../../image/attestation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { type Digest, encoded } from '../../oci/digest.ts';
import { isJsonObject, parseJson } from '../../oci/json.ts';
import { MediaType } from '../../oci/media-types.ts';
import { parseManifest } from '../../oci/parse-manifest.ts';

/** Bytes of a statement: a list of packages is long. */
const STATEMENT_LIMIT = 64 * 1024 * 1024;
const PREDICATE_TYPE = 'in-toto.io/predicate-type';

/** What attestations are about: what an image was, and what it is now that it is compressed. */
export interface Move {
  readonly from: Digest;
  readonly to: Descriptor;
}

/**
 * The manifest with the attestations of an image that has another digest now: its statements name
 * the new one. Undefined where there are others than plain statements, which nobody may change.
 */
export function movedAttestation(
  entry: Descriptor,
  { from, to }: Move,
  read: (digest: Digest) => Buffer,
): ReturnType<typeof attestationManifest> | undefined {
  const { layers, artifactType } = parseManifest(read(entry.digest), entry.mediaType);
  const moved: Attestation[] = [];
  for (const { mediaType, digest, size, annotations } of layers) {
    const predicateType = annotations?.[PREDICATE_TYPE];
    if (mediaType !== MediaType.inToto || predicateType === undefined) return undefined;
    if (size > STATEMENT_LIMIT) return undefined;
    const statement = renamed(read(digest), from, to.digest);
    if (!statement) return undefined;
    moved.push({ predicateType, statement });
  }
  return attestationManifest(to, moved, { artifact: artifactType !== undefined });
}

function renamed(bytes: Buffer, from: Digest, to: Digest): Buffer | undefined {
  let statement: unknown;
  try {
    statement = parseJson(bytes, STATEMENT_LIMIT, 'the statement');
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
  if (!isJsonObject(statement) || !Array.isArray(statement['subject'])) return undefined;
  const subject = statement['subject'].map((one: unknown) => {
    const digest = isJsonObject(one) ? one['digest'] : undefined;
    if (!isJsonObject(one) || !isJsonObject(digest)) return one;
    if (digest['sha256'] !== encoded(from)) return one;
    return { ...one, digest: { ...digest, sha256: encoded(to) } };
  });
  return Buffer.from(JSON.stringify({ ...statement, subject }));
}
