/**
 * True when an object of a valid JSON text has a key twice. Readers disagree on which of the two
 * counts, so one could be shown what another does not run.
 */
export function hasDuplicateKeys(text: string): boolean {
  /** The keys of the open objects; undefined for an open list. */
  const open: (Set<string> | undefined)[] = [];
  let keyNext = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '{') {
      open.push(new Set());
      keyNext = true;
    } else if (character === '[') {
      open.push(undefined);
      keyNext = false;
    } else if (character === '}' || character === ']') {
      open.pop();
      keyNext = false;
    } else if (character === ',') {
      keyNext = open.at(-1) !== undefined;
    } else if (character === '"') {
      const end = stringEnd(text, at);
      const keys = open.at(-1);
      if (keyNext && keys) {
        const key = JSON.parse(text.slice(at, end + 1)) as string;
        if (keys.has(key)) return true;
        keys.add(key);
      }
      keyNext = false;
      at = end;
    }
  }
  return false;
}

/** The position of the quote that ends the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}
