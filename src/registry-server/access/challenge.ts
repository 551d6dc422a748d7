import { Problem } from '../errors.ts';
import type { Need } from './access.ts';

/** How clients are asked who they are. */
export type Asking =
  | { readonly scheme: 'Basic'; readonly realm: string }
  | { readonly scheme: 'Bearer'; readonly realm: string; readonly service: string };

/** True for what can stand between quotation marks in a header. */
export function isQuotable(text: string): boolean {
  return /^[\x20-\x7e]{1,512}$/.test(text) && !/["\\]/.test(text);
}

/**
 * The refusal of those who should sign in, or do so again.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
export function unauthorized(
  asking: Asking,
  need: Need,
  error?: 'invalid_token' | 'insufficient_scope',
): Problem {
  const message = error === 'invalid_token' ? 'the token is not good' : 'authentication required';
  return new Problem(401, 'UNAUTHORIZED', message, {
    'www-authenticate': challenge(asking, need, error),
  });
}

function challenge(asking: Asking, need: Need, error: string | undefined): string {
  if (asking.scheme === 'Basic') return `Basic realm="${asking.realm}"`;
  const scope = scopeOf(need);
  return [
    `Bearer realm="${asking.realm}"`,
    `service="${asking.service}"`,
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
    ...(error === undefined ? [] : [`error="${error}"`]),
  ].join(',');
}

/** What a token must allow for something to be done with it. */
function scopeOf(need: Need): string | undefined {
  switch (need.kind) {
    case 'catalog':
      return 'registry:catalog:*';
    case 'repository': {
      const actions = need.action === 'push' ? 'pull,push' : need.action;
      const source = need.source === undefined ? '' : ` repository:${need.source}:pull`;
      return `repository:${need.repository}:${actions}${source}`;
    }
    default:
      return undefined;
  }
}
