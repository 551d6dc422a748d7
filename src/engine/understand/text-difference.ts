import { editScript, type Edit } from './edit-script.ts';

/** Lines around a change that did not change. */
const AROUND = 3;

/** Names of the two sides of a diff; `undefined` for a file that one side has not. */
export interface Sides {
  readonly before: string;
  readonly after: string;
}

/**
 * A unified diff of two files, as `diff -u` and `patch` know it; empty for equal ones. Of what is
 * no text it says only that it differs.
 */
export function textDifference(
  before: Buffer | undefined,
  after: Buffer | undefined,
  names: Sides,
): string {
  if (before && after && before.equals(after)) return '';
  const [from, to] = [before ? names.before : '/dev/null', after ? names.after : '/dev/null'];
  if (before?.includes(0) === true || after?.includes(0) === true) {
    return `Binary files ${from} and ${to} differ\n`;
  }
  const [old, now] = [linesOf(before), linesOf(after)];
  const hunks = hunksOf(editScript(old, now)).map((hunk) => hunkText(hunk, old, now));
  return `--- ${from}\n+++ ${to}\n${hunks.join('')}`;
}

/** Lines with their ends, so that a missing last one is a difference. */
function linesOf(bytes: Buffer | undefined): string[] {
  return bytes === undefined ? [] : (bytes.toString('utf8').match(/[^\n]*\n|[^\n]+$/g) ?? []);
}

function isKept({ old, now }: Edit): boolean {
  return old !== undefined && now !== undefined;
}

function hunksOf(script: readonly Edit[]): Edit[][] {
  const hunks: Edit[][] = [];
  let end = -1;
  for (const [at, edit] of script.entries()) {
    if (isKept(edit)) continue;
    const start = Math.max(end + 1, at - AROUND, 0);
    const last = Math.min(script.length - 1, at + AROUND);
    const hunk = hunks.at(-1);
    // What touches the last one is part of it.
    if (hunk && start <= end + 1) hunk.push(...script.slice(end + 1, last + 1));
    else hunks.push(script.slice(start, last + 1));
    end = last;
  }
  return hunks;
}

function hunkText(hunk: readonly Edit[], old: readonly string[], now: readonly string[]): string {
  const olds = hunk.flatMap((edit) => edit.old ?? []);
  const news = hunk.flatMap((edit) => edit.now ?? []);
  const lines = hunk.map((edit) => {
    const text = (edit.now === undefined ? old[edit.old ?? -1] : now[edit.now]) ?? '';
    const mark = isKept(edit) ? ' ' : edit.now === undefined ? '-' : '+';
    return text.endsWith('\n') ? mark + text : `${mark}${text}\n\\ No newline at end of file\n`;
  });
  // A side without lines is told by the line before, which is 0 only in an empty file.
  const range = (found: readonly number[]): string =>
    `${(found[0] ?? -1) + 1}${found.length === 1 ? '' : `,${found.length}`}`;
  return `@@ -${range(olds)} +${range(news)} @@\n${lines.join('')}`;
}
