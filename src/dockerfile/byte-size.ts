const SIZE = /^(\d{1,15}(?:\.\d{1,15})?) ?([kmgtp]?)i?b?$/i;

/**
 * Bytes of a size such as `64m`, `1.5GiB`, `512`: units are powers of 1024 in every spelling.
 * `undefined` for anything else.
 */
export function parseByteSize(text: string): number | undefined {
  const match = SIZE.exec(text);
  if (!match) return undefined;
  const power = 'kmgtp'.indexOf((match[2] ?? '').toLowerCase() || '-') + 1;
  return Math.trunc(Number(match[1]) * 1024 ** power);
}
