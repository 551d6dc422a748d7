import { readdirSync, readFileSync } from 'node:fs';

/** One entry of a corpus file: its text and what is expected of it, by the name of the part. */
export interface Entry {
  /** `file: name`. */
  readonly name: string;
  readonly text: string;
  readonly parts: ReadonlyMap<string, string>;
}

/** What cannot be seen, or would not survive an editor, by the names that corpus files use. */
const INVISIBLE: Readonly<Record<string, string>> = {
  CR: '\r',
  TAB: '\t',
  SP: ' ',
  BOM: '\ufeff',
  NUL: '\0',
  FF: '\f',
  VT: '\v',
  NBSP: '\u00a0',
};

/**
 * Reads all `.txt` files of a folder. `=== name` begins an entry, `--- part` a part of it; lines
 * above the first entry are for readers. `<CR>` and its like stand for what cannot be seen,
 * `<EOF>` at the end of a text leaves its last line feed out, and `<repeat N x>` is x N times.
 */
export function readEntries(folder: URL): Entry[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .toSorted()
    .flatMap((file) => entriesOf(file, readFileSync(new URL(file, folder), 'utf8')));
}

function entriesOf(file: string, content: string): Entry[] {
  const blocks = content.split(/^=== /m).slice(1);
  return blocks.map((block) => {
    const [title = '', ...rest] = block.split('\n');
    const [text = '', ...parts] = rest.join('\n').split(/^--- /m);
    return {
      name: `${file.replace(/\.txt$/, '')}: ${title}`,
      text: visible(text).replace(/<EOF>\n$/, ''),
      parts: new Map(
        parts.map((part) => {
          const feed = part.indexOf('\n');
          return [part.slice(0, feed).trim(), visible(part.slice(feed + 1)).trimEnd()];
        }),
      ),
    };
  });
}

function visible(text: string): string {
  return text
    .replace(/<repeat (\d+) ([^>]+)>/g, (_, count: string, what: string) =>
      what.repeat(Number(count)),
    )
    .replace(/<([A-Z]+)>/g, (whole, name: string) => INVISIBLE[name] ?? whole);
}
