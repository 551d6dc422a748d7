import type { Distro, Package } from './package.ts';

/**
 * A package as a package URL, with the distribution where it is one of it:
 * `pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc`.
 *
 * @see https://github.com/package-url/purl-spec
 */
export function packageUrl(found: Package, distro: Distro | undefined): string {
  const { kind, version } = found;
  const tail = `@${encoded(version)}`;
  if (kind === 'npm') {
    const [scope, name] = found.name.startsWith('@') ? found.name.split('/', 2) : ['', found.name];
    return `pkg:npm/${scope ? `${encoded(scope)}/` : ''}${encoded(name ?? found.name)}${tail}`;
  }
  if (kind === 'pypi') {
    return `pkg:pypi/${encoded(found.name.toLowerCase().replaceAll('_', '-'))}${tail}`;
  }
  const [epoch, rest] = kind === 'rpm' ? epochOf(version) : [undefined, version];
  const name = kind === 'rpm' ? found.name : found.name.toLowerCase();
  return `pkg:${kind}/${distro ? `${encoded(distro.id)}/` : ''}${encoded(name)}@${encoded(rest)}${qualifiers(
    {
      arch: found.architecture,
      distro: distro && [distro.id, distro.version].filter((part) => part !== undefined).join('-'),
      epoch,
      upstream: upstreamOf(found),
    },
  )}`;
}

function epochOf(version: string): [epoch: string | undefined, rest: string] {
  const [, epoch, rest] = /^(\d+):(.*)$/.exec(version) ?? [];
  return rest === undefined ? [undefined, version] : [epoch, rest];
}

function upstreamOf({ kind, source, name }: Package): string | undefined {
  if (!source) return undefined;
  if (kind === 'rpm') {
    return source.name === name || source.version === undefined
      ? undefined
      : `${source.name}-${source.version}.src.rpm`;
  }
  return source.version === undefined ? source.name : `${source.name}@${source.version}`;
}

/** In the order of their names. */
function qualifiers(all: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(all).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encoded(value)}`],
  );
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

/** Everything but letters, digits, `.-_~` and the colon as bytes in hex. */
function encoded(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%3A', ':')
    .replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}
