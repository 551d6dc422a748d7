import { formatPlatform, parsePlatform, type Platform } from '../../oci/platform.ts';
import { familiar, parseReference } from '../../oci/reference.ts';

/** What `--build-context name=…` stands for. */
export type NamedContext =
  | { readonly kind: 'image'; readonly reference: string }
  | { readonly kind: 'directory'; readonly path: string }
  /** A repository, an archive or a file behind a URL. */
  | { readonly kind: 'remote'; readonly url: string; readonly shown: string };

/** A named context under the name that it is kept by. */
export interface FoundContext {
  readonly name: string;
  readonly context: NamedContext;
}

/**
 * The named context that a text means: an image reference, a stage, a name. One that is for the
 * platform alone is preferred. `contexts` is keyed by {@link contextKey}.
 */
export function contextNamed(
  contexts: ReadonlyMap<string, NamedContext>,
  text: string,
  platform: Platform,
): FoundContext | undefined {
  if (contexts.size === 0) return undefined;
  const key = canonical(text);
  for (const name of [`${key}::${formatPlatform(platform)}`, key]) {
    const context = contexts.get(name);
    if (context) return { name, context };
  }
  return undefined;
}

/**
 * The key of a context that is called `name`: `alpine`, `alpine:latest` and
 * `docker.io/library/alpine` are the same; `name::platform` is for that platform alone. Throws
 * InvalidPlatformError.
 */
export function contextKey(name: string, own: Platform): string {
  const cut = name.lastIndexOf('::');
  if (cut <= 0) return canonical(name);
  return `${canonical(name.slice(0, cut))}::${formatPlatform(parsePlatform(name.slice(cut + 2), own))}`;
}

function canonical(text: string): string {
  const lower = text.toLowerCase();
  try {
    return familiar(parseReference(lower)).replace(/:latest$/, '');
  } catch {
    // A name need not be that of an image.
    return lower;
  }
}
