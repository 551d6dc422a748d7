import { collect } from '../base/bytes.ts';
import { InvalidInputError } from '../base/errors.ts';
import type { HttpResponse } from '../net/request.ts';
import { Fields, parseJson } from '../oci/json.ts';
import { RegistryError } from './errors.ts';

const LIMIT = 1024 * 1024;
/** Of an error that is no JSON, so much is looked at. */
const ERROR_LIMIT = 64 * 1024;

/** A JSON object as the answer, 1 MiB at most. `what` names it. Throws RegistryError. */
export async function jsonAnswer(response: HttpResponse, what: string): Promise<Fields> {
  let data: Buffer;
  try {
    data = await collect(response.body, LIMIT);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RegistryError(`${what} is larger than ${LIMIT} bytes`);
  }
  try {
    return new Fields(parseJson(data, LIMIT, what), what);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new RegistryError(error.message, { cause: error, hint: noRegistryHint(response) });
  }
}

/** One entry of what a registry says went wrong. */
export interface RemoteFault {
  /** `MANIFEST_UNKNOWN`; empty where it gave none. */
  readonly code: string;
  readonly message: string;
}

/**
 * What a registry says went wrong, the first entry; undefined when it says nothing in the form
 * of the specification. Never throws for what the server sent.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
export async function faultIn(response: HttpResponse): Promise<RemoteFault | undefined> {
  try {
    const data = await collect(response.body, ERROR_LIMIT);
    const fields = new Fields(parseJson(data, ERROR_LIMIT, 'the error'), 'the error');
    const [first] = fields.optionalList('errors', 100) ?? [];
    if (first === undefined) {
      // Token services and proxies have their own forms.
      const message = fields.optionalText('details') ?? fields.optionalText('message');
      return message === undefined ? undefined : { code: '', message: oneLine(message) };
    }
    const fault = new Fields(first, 'the error');
    return {
      code: oneLine(fault.optionalText('code') ?? '').toUpperCase(),
      message: oneLine(fault.optionalText('message') ?? ''),
    };
  } catch {
    return undefined;
  }
}

/** What Docker makes of a fault: `manifest unknown: no such tag`. */
export function faultText({ code, message }: RemoteFault): string {
  const word = code.toLowerCase().replaceAll('_', ' ');
  return [word, message].filter((part) => part !== '').join(': ');
}

/** A web page in place of an answer usually means that something else sits in between. */
export function noRegistryHint({ headers, url }: HttpResponse): string | undefined {
  return /html/.test(headers['content-type'] ?? '')
    ? `${url.host} answered with a web page: is a login page or a proxy in between?`
    : undefined;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 500);
}
