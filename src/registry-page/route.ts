import { signal } from '@preact/signals';

/** What the address after `#` asks for. */
export type Route =
  | { readonly view: 'repositories' }
  | { readonly view: 'repository'; readonly name: string }
  | {
      readonly view: 'image';
      readonly name: string;
      /** A tag or a digest. */
      readonly reference: string;
      /** The digest of an entry, of an index. */
      readonly platform: string | undefined;
    };

/** Reads what follows `#`: `/`, `/NAME`, `/NAME:TAG`, `/NAME@DIGEST`, and `?platform=DIGEST`. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?');
  const platform = new URLSearchParams(query).get('platform') ?? undefined;
  const at = path.indexOf('@');
  if (at > 0) {
    return { view: 'image', name: path.slice(0, at), reference: path.slice(at + 1), platform };
  }
  const colon = path.indexOf(':');
  if (colon > 0) {
    return {
      view: 'image',
      name: path.slice(0, colon),
      reference: path.slice(colon + 1),
      platform,
    };
  }
  return path === '' ? { view: 'repositories' } : { view: 'repository', name: path };
}

/** The address of a repository, or of what a tag or a digest in it means. */
export function linkTo(name: string, reference?: string, platform?: string): string {
  const sign = reference?.includes(':') === true ? '@' : ':';
  const image = reference === undefined ? '' : `${sign}${reference}`;
  return `#/${name}${image}${platform === undefined ? '' : `?platform=${platform}`}`;
}

/** Where the page is. */
export const route = signal<Route>(parseRoute(location.hash));

addEventListener('hashchange', () => {
  route.value = parseRoute(location.hash);
});
