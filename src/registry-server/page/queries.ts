import type { Exchange } from '../answer.ts';
import { Problem } from '../errors.ts';

const SEARCH_LIMIT = 256;

/** A number of the query, `otherwise` when it is not there. Throws Problem 400. */
export function numberIn(
  { query }: Exchange,
  key: string,
  { otherwise, most }: { readonly otherwise: number; readonly most: number },
): number {
  const text = query.get(key);
  if (text === null) return otherwise;
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), most);
  throw new Problem(400, 'UNSUPPORTED', `"${key}" is not a number`);
}

/** What is searched for, in lower case; empty for everything. */
export function searchIn({ query }: Exchange): string {
  return (query.get('q') ?? '').trim().slice(0, SEARCH_LIMIT).toLowerCase();
}
