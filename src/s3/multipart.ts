import { collect } from '../base/bytes.ts';
import { S3Error } from './errors.ts';
import { field } from './list.ts';
import { type S3Requests, wordIn } from './requests.ts';

/** The least size of a part that is not the last, in bytes; and how many parts there may be. */
export const PART_MIN: number = 5 * 1024 * 1024;
export const PART_COUNT = 10_000;

/** An object that comes in parts. */
export interface Multipart {
  readonly key: string;
  /** The store's name for it. */
  readonly id: string;
}

const ANSWER_LIMIT = 64 * 1024;

/** Begins one. */
export function beginMultipart(requests: S3Requests, key: string): Promise<Multipart> {
  const request = { method: 'POST', key, query: { uploads: '' } } as const;
  return requests.ask(request, [], async ({ body }) => {
    const id = field((await collect(body, ANSWER_LIMIT)).toString(), 'UploadId');
    if (id === undefined || id === '') throw requests.error(`no upload of ${key} was begun`);
    return { key, id };
  });
}

/** Writes a part, or writes it anew; the first is 1. Gives its entity tag. */
export function putPart(
  requests: S3Requests,
  { key, id }: Multipart,
  number: number,
  body: Uint8Array,
): Promise<string> {
  const query = { partNumber: String(number), uploadId: id };
  return requests.ask({ method: 'PUT', key, query, body }, [], async (response) => {
    await response.discard();
    const { etag = '' } = response.headers;
    if (!/^"[\x21\x23-\x7e]{1,200}"$/.test(etag)) {
      throw requests.error(`part ${number} of ${key} has no entity tag`);
    }
    return etag;
  });
}

/**
 * Makes the object of its parts, in their order. False when they are not what is there: another
 * has written a part anew, or the whole is over.
 */
export async function endMultipart(
  requests: S3Requests,
  { key, id }: Multipart,
  etags: readonly string[],
): Promise<boolean> {
  const parts = etags.map(
    (etag, at) =>
      `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag.replaceAll('"', '&quot;')}</ETag></Part>`,
  );
  const text = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`;
  const body = Buffer.from(text);
  const headers = { 'content-type': 'application/xml' };
  const request = { method: 'POST', key, query: { uploadId: id }, headers, body } as const;
  return requests.ask(request, [400, 404], async (response) => {
    const said = (await collect(response.body, ANSWER_LIMIT)).toString();
    // The head of the answer may be out before the store knows how it ends.
    const word = wordIn(said);
    if (response.status === 200 && said.includes('</CompleteMultipartUploadResult>')) return true;
    if (['InvalidPart', 'InvalidPartOrder', 'NoSuchUpload'].includes(word)) return false;
    throw new S3Error(requests.label, response.status === 200 ? 500 : response.status, word);
  });
}

/** Gives one up, with its parts. Nothing happens when it is over. */
export async function dropMultipart(requests: S3Requests, { key, id }: Multipart): Promise<void> {
  const request = { method: 'DELETE', key, query: { uploadId: id } } as const;
  await requests.ask(request, [404], (response) => response.discard());
}

/** Those that are open, with the time when they began; `prefix` is that of their keys. */
export async function* openMultiparts(
  requests: S3Requests,
  prefix: string,
): AsyncGenerator<Multipart & { readonly begun: Date }, void> {
  for (let marks: Readonly<Record<string, string>> = {}; ;) {
    const query = { uploads: '', prefix, ...marks };
    const text = await requests.ask({ method: 'GET', query }, [], async ({ body }) =>
      (await collect(body, 16 * ANSWER_LIMIT)).toString(),
    );
    if (!text.includes('</ListMultipartUploadsResult>'))
      throw requests.error('what lists uploads is no list');
    for (const [, entry = ''] of text.matchAll(/<Upload>([\s\S]*?)<\/Upload>/g)) {
      const [key, id] = [field(entry, 'Key'), field(entry, 'UploadId')];
      const begun = new Date(field(entry, 'Initiated') ?? '');
      if (key?.startsWith(prefix) && id !== undefined && !Number.isNaN(begun.getTime())) {
        yield { key, id, begun };
      }
    }
    if (field(text, 'IsTruncated') !== 'true') return;
    const key = field(text, 'NextKeyMarker') ?? '';
    const id = field(text, 'NextUploadIdMarker') ?? '';
    if (key === marks['key-marker'] && id === marks['upload-id-marker']) return;
    marks = { 'key-marker': key, 'upload-id-marker': id };
  }
}
