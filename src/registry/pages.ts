import type { HttpResponse } from '../net/request.ts';

/**
 * The address of the next page in a `Link` header, on the same server only.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
 */
export function nextPage({ headers, url }: HttpResponse): URL | undefined {
  const link = /<([^>]*)>\s*;[^,]*rel="?next"?/i.exec(headers['link'] ?? '')?.[1];
  const next = link !== undefined && URL.canParse(link, url.href) ? new URL(link, url) : undefined;
  return next?.origin === url.origin ? next : undefined;
}
