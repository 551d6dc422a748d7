import type { PatternIndex } from './ignore-pattern.ts';

/** Fewer rules are asked one after the other. */
const FEW = 16;
/** Characters of a piece that are looked up. */
const PIECE = 3;

/**
 * Gives the numbers of the patterns that may match a path, in order: of thousands of patterns
 * nearly all name another file or have other letters in them, and need not be asked.
 */
export function candidatesOf(
  patterns: readonly PatternIndex[],
): (path: string) => readonly number[] {
  if (patterns.length < FEW) {
    const all = patterns.map((_pattern, index) => index);
    return () => all;
  }
  const always: number[] = [];
  const byPath = new Map<string, number[]>();
  const byName = new Map<string, number[]>();
  const byPiece = new Map<string, number[]>();
  for (const [index, pattern] of patterns.entries()) {
    if (pattern.by === 'path') push(byPath, pattern.text, index);
    else if (pattern.by === 'name') push(byName, pattern.text, index);
    else if (pattern.text.length >= PIECE) push(byPiece, pattern.text.slice(-PIECE), index);
    else always.push(index);
  }
  return (path) => {
    const found = new Set(always);
    const add = (list: readonly number[] | undefined): void =>
      list?.forEach((one) => found.add(one));
    add(byPath.get(path));
    add(byName.get(path.slice(path.lastIndexOf('/') + 1)));
    if (byPiece.size > 0) {
      for (let at = PIECE; at <= path.length; at += 1) add(byPiece.get(path.slice(at - PIECE, at)));
    }
    return [...found].sort((a, b) => a - b);
  };
}

function push(lists: Map<string, number[]>, key: string, index: number): void {
  const list = lists.get(key);
  if (list) list.push(index);
  else lists.set(key, [index]);
}
