import { BuildError } from '../build/errors.ts';
import type { NamedContext } from '../build/frontend/named-context.ts';
import type { BuildRequest } from './build-types.ts';

/** The named contexts of a request. Throws BuildError. */
export function namedContexts(contexts: BuildRequest['contexts']): Map<string, NamedContext> {
  return new Map(
    Object.entries(contexts ?? {}).map(([name, value]) => [name, namedContext(name, value)]),
  );
}

/** `docker-image://ref`, or a directory. */
function namedContext(name: string, value: string): NamedContext {
  const image = /^docker-image:\/\/(.+)$/.exec(value)?.[1];
  if (image !== undefined) return { kind: 'image', reference: image };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1];
  if (scheme === undefined) return { kind: 'directory', path: value };
  throw new BuildError(
    `invalid context ${name}=${value}: ${scheme}:// is not available in this version`,
    {
      hint: 'Use a directory or docker-image://NAME.',
    },
  );
}
