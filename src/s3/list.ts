/** An object in a list. */
export interface ListedObject {
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  /** When it was written, by the store's clock. */
  readonly modified: Date;
}

/** What a list of objects says; undefined for what is none, or was cut. */
export function parseList(
  text: string,
): { readonly objects: readonly ListedObject[]; readonly isMore: boolean } | undefined {
  const [, body] = /<ListBucketResult[^>]*>([\s\S]*)<\/ListBucketResult>\s*$/.exec(text) ?? [];
  const more = /<IsTruncated>\s*(true|false)\s*<\/IsTruncated>/.exec(body ?? '')?.[1];
  if (body === undefined || more === undefined) return undefined;
  const isEncoded = /<EncodingType>\s*url\s*<\/EncodingType>/.test(body);
  const objects: ListedObject[] = [];
  for (const [, entry = ''] of body.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)) {
    const key = nameOf(field(entry, 'Key'), isEncoded);
    const size = Number(field(entry, 'Size') ?? 'none');
    const modified = new Date(field(entry, 'LastModified') ?? '');
    const isWhole = Number.isSafeInteger(size) && !Number.isNaN(modified.getTime());
    if (key === undefined || !isWhole) return undefined;
    objects.push({ key, size, modified });
  }
  return { objects, isMore: more === 'true' };
}

/** The text of the first element of a name. */
export function field(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return found?.replace(
    /&(?:amp|lt|gt|quot|apos|#39|#34);/g,
    (entity) => ENTITIES.get(entity) ?? '',
  );
}

const ENTITIES = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#34;', '"'],
  ['&apos;', "'"],
  ['&#39;', "'"],
]);

function nameOf(text: string | undefined, isEncoded: boolean): string | undefined {
  if (text === undefined || !isEncoded) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
