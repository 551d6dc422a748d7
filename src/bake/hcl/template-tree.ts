import { BakeFileError } from '../errors.ts';
import { string } from '../value/value.ts';
import type { Expression, ForExpression } from './ast.ts';
import { across, type Range } from './source.ts';

/** A part of a template as it is written. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string; readonly range: Range }
  | Sequence;

type Sequence = {
  /** Blanks before it go, and blanks behind it. */
  readonly trimLeft: boolean;
  readonly trimRight: boolean;
  readonly range: Range;
} & (
  | { readonly kind: 'value' | 'if'; readonly value: Expression }
  | ({ readonly kind: 'for' } & Pick<ForExpression, 'keyName' | 'valueName' | 'of'>)
  | { readonly kind: 'else' | 'endif' | 'endfor' }
);

type Closing = 'else' | 'endif' | 'endfor';

/** The expression that the pieces of a template are, trimmed before. A single `${value}` is the value itself. */
export function templateTree(pieces: readonly Piece[], range: Range): Expression {
  const kept = pieces.filter((piece) => piece.kind !== 'text' || piece.text !== '');
  const queue = { pieces: kept, at: 0 };
  const parts = partsUntil(queue, []);
  const [only] = parts;
  if (only && pieces.length === 1 && pieces[0]?.kind === 'value') {
    return { kind: 'parentheses', of: only, range };
  }
  return joined(parts, range);
}

function joined(parts: readonly Expression[], range: Range): Expression {
  if (parts.every((part) => part.kind === 'literal' && part.value.kind === 'string')) {
    const texts = parts.map((part) =>
      part.kind === 'literal' && part.value.kind === 'string' ? part.value.data : '',
    );
    return { kind: 'literal', value: string(texts.join('')), range };
  }
  return { kind: 'template', parts, range };
}

interface Queue {
  readonly pieces: readonly Piece[];
  at: number;
}

function partsUntil(queue: Queue, closings: readonly Closing[]): Expression[] {
  const parts: Expression[] = [];
  for (; queue.at < queue.pieces.length;) {
    const piece = queue.pieces[queue.at];
    if (piece === undefined) break;
    if (closings.some((closing) => closing === piece.kind)) return parts;
    queue.at += 1;
    parts.push(partOf(queue, piece));
  }
  if (closings.length === 0) return parts;
  const last = queue.pieces.at(-1);
  throw new BakeFileError(
    `Unexpected end of template; There is no %{ ${closings.at(-1) ?? ''} } for a directive that was opened.`,
    last?.range,
  );
}

function partOf(queue: Queue, piece: Piece): Expression {
  switch (piece.kind) {
    case 'text':
      return { kind: 'literal', value: string(piece.text), range: piece.range };
    case 'value':
      return piece.value;
    case 'if': {
      const then = partsUntil(queue, ['else', 'endif']);
      const isElse = queue.pieces[queue.at]?.kind === 'else';
      queue.at += 1;
      const other = isElse ? partsUntil(queue, ['endif']) : [];
      if (isElse) queue.at += 1;
      return {
        kind: 'conditional',
        test: piece.value,
        yes: joined(then, piece.range),
        no: joined(other, piece.range),
        range: piece.range,
      };
    }
    case 'for': {
      const { keyName, valueName, of } = piece;
      const value = joined(partsUntil(queue, ['endfor']), piece.range);
      const range = across(piece.range, queue.pieces[queue.at]?.range ?? piece.range);
      queue.at += 1;
      const plain = { key: undefined, test: undefined, group: false };
      return {
        kind: 'join',
        of: { kind: 'for', keyName, valueName, of, value, ...plain, range },
        range,
      };
    }
    default:
      throw new BakeFileError(
        `Unexpected ${piece.kind} directive; It closes nothing that was opened.`,
        piece.range,
      );
  }
}

/** Does what the `~` marks say to the text beside them; texts that end up empty stay. */
export function trimmed(pieces: readonly Piece[]): Piece[] {
  return pieces.map((piece, index) => {
    if (piece.kind !== 'text') return piece;
    const [before, after] = [pieces[index - 1], pieces[index + 1]];
    let { text } = piece;
    if (before && before.kind !== 'text' && before.trimRight) text = text.trimStart();
    if (after && after.kind !== 'text' && after.trimLeft) text = text.trimEnd();
    return { ...piece, text };
  });
}
