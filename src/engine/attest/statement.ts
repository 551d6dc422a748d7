import { InvalidInputError } from '../../base/errors.ts';
import { type Digest, encoded } from '../../oci/digest.ts';
import { parseJson } from '../../oci/json.ts';

/** Bytes of a predicate: a list of packages is long. */
export const STATEMENT_LIMIT = 64 * 1024 * 1024;

/** What a statement is about. */
export interface StatementSubject {
  readonly name: string;
  readonly digest: Digest;
}

/**
 * A statement of in-toto with a predicate (JSON, byte for byte as it came) about a digest. Throws
 * InvalidInputError for what is no JSON object, and for a whole statement.
 */
export function statementAbout(
  { name, digest }: StatementSubject,
  predicateType: string,
  predicate: Uint8Array,
  what: string,
  version: 'v0.1' | 'v1' = 'v0.1',
): Buffer {
  const value = parseJson(predicate, STATEMENT_LIMIT, what);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInputError(`${what} is no JSON object`);
  }
  if ('_type' in value && 'predicate' in value) {
    throw new InvalidInputError(`${what} is a whole statement, with a subject of its own`, {
      hint: 'Give what its "predicate" holds.',
    });
  }
  const [algorithm = ''] = digest.split(':');
  const head = JSON.stringify({
    _type: `https://in-toto.io/Statement/${version}`,
    predicateType,
    subject: [{ name, digest: { [algorithm]: encoded(digest) } }],
  });
  return Buffer.concat([
    Buffer.from(`${head.slice(0, -1)},"predicate":`),
    predicate,
    Buffer.from('}'),
  ]);
}
