import { visible } from '../visible.ts';
import type { Completion } from './candidates.ts';

/**
 * The answer to a shell's script: a line with the kind of what is wanted (`words`, `open` when more
 * is to follow the word, `files`, `directories`), then a candidate on each line. All but bash get
 * what is said of it behind a tab. No line holds control characters.
 */
export function replyLines(
  { kind, candidates }: Completion,
  line: (word: string, about: string) => string,
): string {
  const isOpen =
    kind === 'words' && candidates.length > 0 && candidates.every(({ word }) => /[=,]$/.test(word));
  const usable = candidates.filter(({ word }) => !/[\p{Cc}]/u.test(word));
  return [isOpen ? 'open' : kind, ...usable.map(({ word, about }) => line(word, about))]
    .map((text) => `${text}\n`)
    .join('');
}

/** Candidates of bash replace what stands behind the last of its word breaks, and must be quoted. */
export function bashLine(current: string, breaks: string): (word: string) => string {
  const ends = ['=', ':', '@'].map((one) =>
    breaks.includes(one) ? current.lastIndexOf(one) + 1 : 0,
  );
  const kept = Math.max(...ends);
  return (word) => word.slice(kept).replace(/[^\w@%+=:,./!~-]/g, '\\$&');
}

/** `word<TAB>about`, for shells that show both. */
export function describedLine(word: string, about: string): string {
  return about === '' ? word : `${word}\t${visible(about).replace(/\s/g, ' ')}`;
}
