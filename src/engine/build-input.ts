import { StaveError } from '../base/errors.ts';
import { BuildError } from '../build/errors.ts';
import { contextKey, type NamedContext } from '../build/frontend/named-context.ts';
import { parseRemote } from '../build/sources/remote.ts';
import { proxySettings, type ProxySettings } from '../net/proxy.ts';
import { hostPlatform } from '../oci/platform.ts';
import type { BuildRequest } from './build-types.ts';

/** The named contexts of a request. Throws BuildError. */
export function namedContexts(contexts: BuildRequest['contexts']): Map<string, NamedContext> {
  const own = hostPlatform(process.arch);
  return new Map(
    Object.entries(contexts ?? {}).map(([name, value]) => {
      try {
        return [contextKey(name, own), namedContext(value)];
      } catch (error) {
        if (!(error instanceof StaveError)) throw error;
        throw new BuildError(`invalid context ${name}: ${error.message}`, { hint: error.hint });
      }
    }),
  );
}

/** An image, a layout of images, a URL or repository, or a directory. */
function namedContext(value: string): NamedContext {
  const image = /^docker-image:\/\/(.+)$/.exec(value)?.[1];
  if (image !== undefined) return { kind: 'image', reference: image };
  if (/^oci-layout:\/\/./.test(value)) return { kind: 'image', reference: value };
  const remote = parseRemote(value);
  if (remote) return { kind: 'remote', url: value, shown: remote.shown };
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(value)?.[1];
  if (scheme === undefined) return { kind: 'directory', path: value };
  throw new BuildError(
    scheme === 'target'
      ? `${value} has a meaning in bake files only`
      : `nothing is known of ${scheme}:`,
    { hint: 'It is a directory, docker-image://NAME, oci-layout://DIRECTORY, or a URL.' },
  );
}

/** Proxies: build arguments come before the caller's environment. */
export function proxiesFor({ args = {}, proxies = {} }: BuildRequest): ProxySettings {
  return proxySettings((name) => args[name] ?? proxies[name]);
}
