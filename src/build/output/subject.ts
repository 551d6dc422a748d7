import type { Attestation } from '../../image/attestation.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import { familiarRepository, parseReference } from '../../oci/reference.ts';

/** What a statement is about, as in-toto writes it. */
export interface Subject {
  readonly name: string;
  readonly digest: { readonly sha256: string };
}

const STATEMENT = 'https://in-toto.io/Statement/v0.1';

/**
 * A statement of in-toto: what is said (`predicate`, of a type), and of what.
 *
 * @see https://github.com/in-toto/attestation/blob/main/spec/v0.1.0/statement.md
 */
export function inToto(
  predicateType: string,
  subject: readonly Subject[],
  predicate: unknown,
): Attestation {
  const statement = { _type: STATEMENT, predicateType, subject, predicate };
  return { predicateType, statement: Buffer.from(JSON.stringify(statement)) };
}

/**
 * An image as a package URL: `pkg:docker/alpine@3.20?platform=linux%2Famd64`.
 *
 * @see https://github.com/package-url/purl-spec
 */
export function purl(name: string, platform: Platform): string {
  const tail = `?platform=${encodeURIComponent(formatPlatform(platform))}`;
  if (/^sha256:[0-9a-f]{64}$/.test(name)) return `pkg:docker/${name}${tail}`;
  const reference = parseReference(name);
  const tag = reference.tag ?? (reference.digest ? undefined : 'latest');
  const repository = familiarRepository(reference);
  return `pkg:docker/${repository}${tag === undefined ? '' : `@${tag}`}${tail}`;
}
