/** A part of a file: from `start` up to, not including, `end`. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/**
 * The part that a `Range` header asks for. Undefined when all is to be sent: without a header,
 * for several ranges at once and for what is no range of bytes. `none` when there are no such
 * bytes, and for a range that ends before it begins, which the specification's programme wants
 * refused.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14
 */
export function requestedPart(header: string | undefined, size: number): Part | 'none' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'none' : { start: size - length, end: size };
  }
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < start) return 'none';
  return start >= size ? 'none' : { start, end };
}

/**
 * Where a chunk begins and ends, by its `Content-Range`. Undefined for what is none.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks
 */
export function chunkPart(header: string): Part | undefined {
  const found = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/.exec(header.trim());
  if (!found) return undefined;
  const part = { start: Number(found[1]), end: Number(found[2]) + 1 };
  return part.end > part.start ? part : undefined;
}
