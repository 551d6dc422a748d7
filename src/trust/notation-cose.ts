import { InvalidInputError } from '../base/errors.ts';
import { type Cbor, cborBytes, isTagged, readCbor } from './cbor.ts';
import type { Envelope } from './envelope.ts';

/** Labels of headers. See https://www.iana.org/assignments/cose/cose.xhtml. */
const ALGORITHM = 1;
const CRITICAL = 2;
const CONTENT_TYPE = 3;
const CERTIFICATES = 33;
const SIGN1 = 18;
const EPOCH = 1;

const ALGORITHMS: ReadonlyMap<Cbor, string> = new Map([
  [-7, 'ES256'],
  [-35, 'ES384'],
  [-36, 'ES512'],
  [-37, 'PS256'],
  [-38, 'PS384'],
  [-39, 'PS512'],
]);

/**
 * An envelope in CBOR. Throws InvalidInputError.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-envelope-cose.md
 */
export function coseEnvelope(data: Buffer): Envelope {
  const outer = readCbor(data);
  const parts = isTagged(outer) && outer.tag === SIGN1 ? outer.value : undefined;
  if (!Array.isArray(parts) || parts.length !== 4) throw wrong();
  const [head, open, payload, signature] = parts as readonly Cbor[];
  if (!Buffer.isBuffer(head) || !Buffer.isBuffer(payload) || !Buffer.isBuffer(signature)) {
    throw wrong();
  }
  const [header, others] = [mapOf(readCbor(head)), mapOf(open)];
  const own = (name: string): Cbor | undefined => header.get(`io.cncf.notary.${name}`);
  const chain = others.get(CERTIFICATES);
  const critical = listOf(header.get(CRITICAL));
  return {
    algorithm: ALGORITHMS.get(header.get(ALGORITHM) ?? null) ?? '',
    payload,
    signed: Buffer.concat([
      Buffer.of(0x84, 0x6a),
      Buffer.from('Signature1'),
      cborBytes(head),
      cborBytes(Buffer.alloc(0)),
      cborBytes(payload),
    ]),
    signature,
    certificates: (Buffer.isBuffer(chain) ? [chain] : listOf(chain)).filter((one) =>
      Buffer.isBuffer(one),
    ),
    contentType: textOf(header.get(CONTENT_TYPE)),
    scheme: textOf(own('signingScheme')),
    signedAt: time(own('signingTime')),
    expires: time(own('expiry')),
    critical: critical.map((one) => (typeof one === 'string' ? one : '?')),
  };
}

function mapOf(value: Cbor | undefined): ReadonlyMap<Cbor, Cbor> {
  if (value instanceof Map) return value as ReadonlyMap<Cbor, Cbor>;
  throw wrong();
}

function listOf(value: Cbor | undefined): readonly Cbor[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value as readonly Cbor[];
  throw wrong();
}

function textOf(value: Cbor | undefined): string {
  return typeof value === 'string' ? value : '';
}

function time(value: Cbor | undefined): Date | undefined {
  if (value === undefined) return undefined;
  const seconds = isTagged(value) && value.tag === EPOCH ? value.value : undefined;
  const found = new Date(typeof seconds === 'number' ? seconds * 1000 : NaN);
  if (Number.isNaN(found.getTime())) throw wrong();
  return found;
}

function wrong(): InvalidInputError {
  return new InvalidInputError('the envelope is not what COSE says it is');
}
