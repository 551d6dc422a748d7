/** How a value is written where it was found. */
export type Form = 'as it is' | 'as base64' | 'URL-encoded' | 'as hex' | 'JSON-escaped';

/** Bytes that stand for a value. */
export interface Pattern {
  readonly bytes: Buffer;
  readonly form: Form;
}

/** Characters of base64 that say enough: 48 bits. */
const ENOUGH = 8;
/** A line of base64 that is at least as long can be cut by a line feed once, or twice. */
const ONE_CUT = 24;
const TWO_CUTS = 60;

/**
 * Everything that a value of at most some dozen bytes can look like when it is written down: as
 * it is, as base64 (wherever it begins in what is encoded, in both alphabets, broken into lines),
 * URL-encoded, as hex, and inside of JSON.
 */
export function patternsOf(value: Uint8Array): Pattern[] {
  const plain = Buffer.from(value);
  const found = new Map<string, Form>();
  const add = (text: string, form: Form): void => {
    if (!found.has(text)) found.set(text, form);
  };
  add(plain.toString('latin1'), 'as it is');
  for (const text of jsonForms(plain)) add(Buffer.from(text).toString('latin1'), 'JSON-escaped');
  for (const text of urlForms(plain)) add(text, 'URL-encoded');
  for (const text of [0, 1, 2].flatMap((offset) => base64Forms(plain, offset))) {
    add(text, 'as base64');
    add(text.replaceAll('+', '-').replaceAll('/', '_'), 'as base64');
  }
  const hex = plain.toString('hex');
  add(hex, 'as hex');
  add(hex.toUpperCase(), 'as hex');
  return [...found].map(([text, form]) => ({ bytes: Buffer.from(text, 'latin1'), form }));
}

/** The base64 of a value behind `offset` other bytes, without characters that depend on these. */
function base64Forms(value: Buffer, offset: number): string[] {
  const bits = (offset + value.length) * 8;
  const text = Buffer.concat([Buffer.alloc(offset), value])
    .toString('base64')
    .slice(Math.ceil((offset * 8) / 6), Math.floor(bits / 6));
  if (text.length < ENOUGH) return [];
  if (text.length < ONE_CUT) return [text, ...broken(text)];
  const count = text.length < TWO_CUTS ? 2 : 3;
  return Array.from({ length: count }, (_, at) =>
    text.slice(
      Math.floor((text.length * at) / count),
      Math.floor((text.length * (at + 1)) / count),
    ),
  );
}

/** A text with a line feed at each place where it can have one. */
function broken(text: string): string[] {
  return Array.from({ length: text.length - 1 }, (_, at) => {
    return `${text.slice(0, at + 1)}\n${text.slice(at + 1)}`;
  });
}

/** With capitals and without, as forms and as the parts of a path. */
function urlForms(value: Buffer): string[] {
  const encode = (plain: RegExp): string =>
    value
      .toString('latin1')
      .replace(/[^]/g, (char) =>
        plain.test(char)
          ? char
          : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
      );
  const all = [encode(/[\w.~-]/), encode(/[\w.~!'()*-]/), encode(/[\w.~!$&'()*+,;=:@/-]/)];
  return [...all, ...all.map((text) => text.replaceAll('%20', '+'))].flatMap((text) => [
    text,
    text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  ]);
}

/** As different programs write it between quotes. */
function jsonForms(value: Buffer): string[] {
  const text = value.toString();
  const json = JSON.stringify(text).slice(1, -1);
  const html = json.replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
  return [json, html, json.replaceAll('/', '\\/')];
}
