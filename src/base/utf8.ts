const ESCAPED = /[\udc80-\udcff]/;

/**
 * UTF-8 to text without loss: a byte that is not UTF-8 becomes the lone surrogate U+DC00 + byte
 * (0x80 to 0xff). No valid text holds such a surrogate, so {@link holdsOddBytes} can tell.
 * A byte order mark stays.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return decodeOdd(bytes);
  }
}

/** Whether {@link decodeUtf8} met bytes here that are not UTF-8. */
export function holdsOddBytes(text: string): boolean {
  return ESCAPED.test(text) && !text.isWellFormed();
}

function decodeOdd(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const parts: string[] = [];
  let good = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    parts.push(decoder.decode(bytes.subarray(good, at)));
    parts.push(String.fromCharCode(0xdc00 + (bytes[at] ?? 0)));
    at += 1;
    good = at;
  }
  parts.push(decoder.decode(bytes.subarray(good)));
  return parts.join('');
}

/** Length of the character that starts at `at`, 0 when none does. Bounds as in RFC 3629. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  const second = bytes[at + 1] ?? 0;
  if (second < low || second > high) return 0;
  for (let next = at + 2; next < at + length; next += 1) {
    if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}
