import { posix, resolve } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import { ContainerStartError } from './errors.ts';

/** One `-v`, understood. */
export interface Volume {
  readonly source:
    | { readonly kind: 'path'; readonly path: string }
    | { readonly kind: 'named'; readonly name: string }
    | { readonly kind: 'anonymous' };
  /** Absolute, without `.` and `..`. */
  readonly target: string;
  readonly readonly: boolean;
  /** A new volume gets what the image has there. */
  readonly filled: boolean;
}

const MODES = /^(?:ro|rw|z|Z|nocopy|cached|delegated|consistent|r?shared|r?slave|r?private)$/;
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
  const wrong = modes.find((mode) => !MODES.test(mode));
  if (wrong !== undefined) throw new ContainerStartError(`invalid mode: ${wrong}`);
  const place = volumeTarget(target, text);
  return {
    source: source === undefined ? { kind: 'anonymous' } : sourceOf(source),
    target: place,
    readonly: modes.includes('ro'),
    filled: !modes.includes('nocopy'),
  };
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
  if (/^(?:\/|\.\.?(?:\/|$))/.test(text)) return { kind: 'path', path: resolve(text) };
  if (VOLUME_NAME.test(text)) return { kind: 'named', name: text };
  throw new ContainerStartError(
    `create ${text}: "${text}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed`,
    { hint: 'A directory of this machine is given with its absolute path.' },
  );
}

/** One `--tmpfs`, understood. */
export interface Tmpfs {
  readonly target: string;
  /** Bytes. */
  readonly size?: number;
  readonly mode?: number;
  readonly options: readonly string[];
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const DEFAULTS = ['noexec', 'nosuid', 'nodev'];
const FLAGS = new Set([
  'rw',
  'ro',
  'exec',
  'suid',
  'dev',
  'sync',
  'noatime',
  'relatime',
  ...DEFAULTS,
]);

/** Reads `target[:options]`; options are mount flags, `size` and `mode`. Throws UsageError. */
export function parseTmpfs(text: string): Tmpfs {
  const colon = text.indexOf(':');
  const target = volumeTarget(colon === -1 ? text : text.slice(0, colon), text);
  const words = colon === -1 ? [] : text.slice(colon + 1).split(',');
  const flags: string[] = [];
  let size: number | undefined;
  let mode: number | undefined;
  for (const word of words) {
    const [, amount, unit] = /^size=(\d+)([kmg]?)$/i.exec(word) ?? [];
    const [, digits] = /^mode=([0-7]{1,4})$/.exec(word) ?? [];
    if (amount !== undefined) size = Number(amount) * (UNITS[unit?.toLowerCase() ?? ''] ?? 1);
    else if (digits !== undefined) mode = Number.parseInt(digits, 8);
    else if (FLAGS.has(word)) flags.push(word);
    else throw new UsageError(`invalid tmpfs option "${word}"`);
  }
  const options = [...DEFAULTS.filter((one) => !flags.includes(one.slice(2))), ...flags];
  return {
    target,
    options: [...new Set(options)],
    ...(size !== undefined && { size }),
    ...(mode !== undefined && { mode }),
  };
}
