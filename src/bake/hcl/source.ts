/** A file that was read. */
export interface Source {
  readonly name: string;
  readonly text: string;
  /** Offset of the first character of each line. */
  readonly lines: readonly number[];
  /** Where the text stands when it was taken out of another file. */
  readonly origin?: Range;
  /** It is JSON: words are written as strings. */
  readonly json?: boolean;
}

/** A part of a file, by offsets into its text; `end` is behind the last character. */
export interface Range {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** Makes a source of a name and its text. */
export function sourceOf(name: string, text: string): Source {
  const lines = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.push(at + 1);
  return { name, text, lines };
}

/** A text that stands, written in another way, in a part of a file. */
export function sourceWithin(origin: Range, text: string): Source {
  return { ...sourceOf(origin.source.name, text), origin, json: true };
}

/** Line and column of an offset, both from 1; columns count characters. */
export function position(
  { text, lines }: Source,
  offset: number,
): { readonly line: number; readonly column: number } {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lines[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: Array.from(text.slice(lines[low], offset)).length + 1 };
}

/** From the start of one range to the end of another. */
export function across(from: Range, to: Range): Range {
  return { source: from.source, start: from.start, end: to.end };
}
