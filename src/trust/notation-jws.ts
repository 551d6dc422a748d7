import { InvalidInputError } from '../base/errors.ts';
import { Fields, parseJson } from '../oci/json.ts';
import { type Envelope, ENVELOPE_LIMIT } from './envelope.ts';

const COUNT_LIMIT = 20;

/**
 * An envelope in JSON. Throws InvalidInputError.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-envelope-jws.md
 */
export function jwsEnvelope(data: Uint8Array): Envelope {
  const what = 'the envelope';
  const fields = new Fields(parseJson(data, ENVELOPE_LIMIT, what), what);
  const [head, body] = [fields.text('protected'), fields.text('payload')];
  const inner = 'the header of the envelope';
  const header = new Fields(parseJson(bytes(head), ENVELOPE_LIMIT, inner), inner);
  const own = (name: string): string | undefined => header.optionalText(`io.cncf.notary.${name}`);
  return {
    algorithm: header.text('alg'),
    payload: bytes(body),
    signed: Buffer.from(`${head}.${body}`),
    signature: bytes(fields.text('signature')),
    certificates: (fields.fields('header').optionalTexts('x5c', COUNT_LIMIT) ?? []).map((one) =>
      Buffer.from(one, 'base64'),
    ),
    contentType: header.text('cty'),
    scheme: own('signingScheme') ?? '',
    signedAt: time(own('signingTime')),
    expires: time(own('expiry')),
    critical: header.optionalTexts('crit', COUNT_LIMIT) ?? [],
  };
}

function bytes(text: string): Buffer {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) throw new InvalidInputError('the envelope is not base64url');
  return Buffer.from(text, 'base64url');
}

function time(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const found = new Date(text);
  if (Number.isNaN(found.getTime()))
    throw new InvalidInputError('the envelope has a time that is none');
  return found;
}
