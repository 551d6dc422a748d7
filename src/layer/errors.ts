import { InvalidInputError } from '../base/errors.ts';

/** The bytes are not a tar archive, or a damaged one. */
export class TarFormatError extends InvalidInputError {
  constructor(what: string) {
    super(`damaged tar archive: ${what}`, {
      hint: 'Make or fetch the archive again; nothing of it was kept.',
    });
  }
}

/** The bytes are not what their compression format asks for: damaged, cut off or followed by others. */
export class CompressionError extends InvalidInputError {
  constructor(what: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(what, { hint: 'Make or fetch the archive again; nothing of it was kept.', ...options });
  }
}

/** An archive asks for more than {@link LayerLimits} allow. */
export class LayerLimitError extends InvalidInputError {
  constructor(what: string) {
    super(`refused archive: ${what}`, {
      hint: 'It looks like an archive made to exhaust the machine; do not use it unless you know its maker.',
    });
  }
}

/** A name that no file can have, or a whiteout of nothing. */
export class LayerNameError extends InvalidInputError {
  constructor(what: string) {
    super(`refused archive: ${what}`, {
      hint: 'Tell its maker: no Linux file system can hold it.',
    });
  }
}

/** The table of a stored layer cannot be read: the store was damaged from outside. */
export class DamagedTableError extends InvalidInputError {
  constructor(path: string) {
    super(`damaged file table ${path}`, {
      hint: 'Remove the images that use this layer and get them again.',
      httpStatus: 500,
    });
  }
}

/** A name from an archive as one short line of printable text in quotes. */
export function shownName(name: Uint8Array): string {
  const long = name.length > 120;
  const text = Buffer.from(long ? name.subarray(0, 120) : name).toString('utf8');
  const safe = JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return long ? `${safe.slice(0, -1)}…"` : safe;
}
