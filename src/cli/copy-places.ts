import { resolve } from 'node:path';
import { InvalidInputError, UsageError } from '../base/errors.ts';

/** A place that an image is copied from or to, as skopeo writes them. Paths are whole; `-` is a stream. */
export type TypedPlace =
  | { readonly kind: 'registry' | 'store'; readonly name: string }
  | { readonly kind: 'layout'; readonly path: string; readonly tag: string | undefined }
  | { readonly kind: 'dir'; readonly path: string }
  | {
      readonly kind: 'archive';
      readonly form: 'docker' | 'oci';
      /** As it was typed. */
      readonly path: string;
      readonly name: string | undefined;
    };

/** Reads what was typed for a place. Throws InvalidInputError, UsageError. */
export function placeOf(text: string, cwd: string): TypedPlace {
  const [, scheme = '', rest = ''] = /^([a-z-]+):(.*)$/s.exec(text) ?? [];
  switch (scheme) {
    case 'docker':
      if (!rest.startsWith('//')) break;
      return { kind: 'registry', name: wanted(rest.slice(2), text) };
    case 'stave':
      return { kind: 'store', name: wanted(rest, text) };
    case 'oci': {
      const [path, tag] = split(rest, text);
      return { kind: 'layout', path: resolve(cwd, path), tag };
    }
    case 'dir':
      return { kind: 'dir', path: resolve(cwd, wanted(rest, text)) };
    case 'oci-archive':
    case 'docker-archive': {
      const [path, name] = split(rest, text);
      return { kind: 'archive', form: scheme === 'oci-archive' ? 'oci' : 'docker', path, name };
    }
    case 'containers-storage':
      throw new InvalidInputError(`${scheme}: belongs to another program`, {
        hint: "stave:NAME is an image of this store; 'podman save' writes a docker-archive:PATH.",
      });
    case 'docker-daemon':
      throw new InvalidInputError(`${scheme}: belongs to another program`, {
        hint: "stave:NAME is an image of this store; 'docker save' writes a docker-archive:PATH.",
      });
    default:
  }
  throw new InvalidInputError(`${JSON.stringify(text)} does not say what it is`, {
    hint: 'Write docker://NAME, stave:NAME, oci:DIR, dir:DIR, oci-archive:PATH or docker-archive:PATH.',
  });
}

/** `PATH[:NAME]`; a name may have colons, a path has none. */
function split(rest: string, text: string): readonly [string, string | undefined] {
  const at = rest.indexOf(':');
  const path = wanted(at < 0 ? rest : rest.slice(0, at), text);
  const name = at < 0 ? '' : rest.slice(at + 1);
  return [path, name === '' ? undefined : name];
}

function wanted(value: string, text: string): string {
  if (value !== '') return value;
  throw new UsageError(`${JSON.stringify(text)} names nothing behind the colon`);
}
