/** Widths of columns: what stands behind the widest cell, and the least. */
export interface Spacing {
  readonly padding: number;
  readonly narrowest: number;
}

const LISTING: Spacing = { padding: 3, narrowest: 10 };

/**
 * Aligns text whose cells end in tabs, with blanks: Docker's tables. A column reaches over
 * neighbouring lines that have it; its width is that of its widest cell plus some blanks, three
 * unless told, at least ten; what follows the last tab of a line is not padded.
 *
 * @see https://pkg.go.dev/text/tabwriter
 */
export function alignTabs(text: string, spacing = LISTING): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const widths = lines.map((cells) => Array.from({ length: cells.length - 1 }, () => 0));
  measure(lines, widths, spacing, 0, 0, lines.length);
  return lines
    .map((cells, y) =>
      cells
        .map((cell, x) => cell + ' '.repeat(Math.max(0, (widths[y]?.[x] ?? 0) - width(cell))))
        .join(''),
    )
    .join('\n');
}

/** Sets the widths of a column in the lines `from` to `to`, block by block, and of those right of it. */
function measure(
  lines: readonly (readonly string[])[],
  widths: readonly number[][],
  spacing: Spacing,
  column: number,
  from: number,
  to: number,
): void {
  const has = (y: number): boolean => y < to && column < (lines[y]?.length ?? 0) - 1;
  for (let y = from; y < to; y++) {
    if (!has(y)) continue;
    let end = y;
    let widest = spacing.narrowest;
    while (has(end))
      widest = Math.max(widest, width(lines[end++]?.[column] ?? '') + spacing.padding);
    for (let i = y; i < end; i++) (widths[i] ?? [])[column] = widest;
    measure(lines, widths, spacing, column + 1, y, end);
    y = end;
  }
}

function width(text: string): number {
  return /[\ud800-\udfff]/.test(text) ? Array.from(text).length : text.length;
}
