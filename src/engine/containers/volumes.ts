import { posix, resolve } from 'node:path';
import { ContainerStartError } from './errors.ts';

/** Something of this machine, or a volume, at a place in a container: `-v` and `--mount`, understood. */
export interface Volume {
  readonly source:
    | {
        readonly kind: 'path';
        readonly path: string;
        /** A path that is not there becomes a directory. */
        readonly create: boolean;
      }
    | { readonly kind: 'named'; readonly name: string }
    | { readonly kind: 'anonymous' };
  /** Absolute, without `.` and `..`. */
  readonly target: string;
  readonly readonly: boolean;
  /** An empty volume gets what the image has there. */
  readonly filled: boolean;
  /** Options as typed. */
  readonly mode: string;
  readonly propagation?: string;
  /** What is mounted below a path comes along; it does unless this is false. */
  readonly recursive?: boolean;
  /** The part of a volume that is mounted. */
  readonly subpath?: string;
  /** Of a volume that has to be made. */
  readonly driver?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
}

/** Of each of these kinds of words one may be given. */
const KINDS: readonly RegExp[] = [
  /^r[ow]$/,
  /^[zZ]$/,
  /^nocopy$/,
  /^(?:cached|delegated|consistent)$/,
  /^r?(?:shared|slave|private)$/,
];
const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/**
 * Reads `[source:]target[:options]`. A source that begins with `/`, `./` or `../` is a path of
 * this machine, any other one the name of a volume. Throws ContainerStartError.
 */
export function parseVolume(text: string): Volume {
  const parts = text.split(':');
  if (parts.length > 3 || parts.includes('')) {
    throw new ContainerStartError(`invalid volume specification: '${text}'`);
  }
  const [source, target, options] =
    parts.length === 1 ? [undefined, text, undefined] : [parts[0], parts[1] ?? '', parts[2]];
  const modes = options?.split(',') ?? [];
  checkModes(modes);
  const propagation = modes.find((mode) => KINDS[4]?.test(mode));
  const place = volumeTarget(target, text);
  return {
    source: source === undefined ? { kind: 'anonymous' } : sourceOf(source),
    target: place,
    readonly: modes.includes('ro'),
    filled: !modes.includes('nocopy'),
    mode: options ?? '',
    ...(propagation !== undefined && { propagation }),
  };
}

function checkModes(modes: readonly string[]): void {
  const kinds = modes.map((mode) => KINDS.findIndex((kind) => kind.test(mode)));
  const wrong = kinds.includes(-1) || new Set(kinds).size < kinds.length;
  if (wrong) throw new ContainerStartError(`invalid mode: ${modes.join(',')}`);
}

/** A place inside the container, cleaned. Throws ContainerStartError. */
export function volumeTarget(target: string, text = target): string {
  if (!target.startsWith('/')) {
    throw new ContainerStartError(
      `invalid volume specification: '${text}': mount path '${target}' must be absolute`,
    );
  }
  const clean = posix.resolve(target);
  if (clean === '/') {
    throw new ContainerStartError(
      `invalid volume specification: '${text}': destination can't be '/'`,
    );
  }
  return clean;
}

function sourceOf(text: string): Volume['source'] {
  if (/^(?:\/|\.\.?(?:\/|$))/.test(text)) {
    return { kind: 'path', path: resolve(text), create: true };
  }
  return namedVolume(text);
}

/** The volume of a name. Throws ContainerStartError when none can be called so. */
export function namedVolume(text: string): Volume['source'] {
  if (VOLUME_NAME.test(text)) return { kind: 'named', name: text };
  throw new ContainerStartError(
    `create ${text}: "${text}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed`,
    { hint: 'A directory of this machine is given with its absolute path.' },
  );
}
