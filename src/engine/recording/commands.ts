import type { Prompt } from './journal.ts';

/** A line, or several, that somebody typed. */
export interface Typed {
  /** Undefined when the shell does not tell, or not all of it. */
  readonly text: string | undefined;
  readonly status: number;
  /** How things were when it was typed. */
  readonly before: Prompt;
  readonly after: Prompt;
  /** The shell's first prompt. */
  readonly first: Prompt;
}

/** A prompt with what was typed before it. */
export interface Step {
  readonly prompt: Prompt;
  /** Undefined where nothing was. */
  readonly typed?: Typed;
}

/** What was typed before each prompt. `changed` tells whether files did, where it is known. */
export function stepsOf(
  prompts: readonly Prompt[],
  changed: (prompt: Prompt) => boolean | undefined,
): Step[] {
  const shells = new Map<string, { first: Prompt; last: Prompt }>();
  return prompts.map((prompt): Step => {
    const key = `${prompt.shell} ${prompt.pid}`;
    const known = shells.get(key);
    if (!known || isAnother(known.last, prompt)) {
      shells.set(key, { first: prompt, last: prompt });
      return { prompt };
    }
    const { first, last } = known;
    known.last = prompt;
    const text = prompt.shell === 'bash' ? ofBash(last, prompt) : ofAsh(last, prompt, changed);
    if (text === null) return { prompt };
    return { prompt, typed: { text, status: prompt.status, before: last, after: prompt, first } };
  });
}

/** Another shell has got the number of one that has ended. */
function isAnother(last: Prompt, now: Prompt): boolean {
  return now.shell === 'bash'
    ? now.history === '' && last.history !== ''
    : now.number < last.number;
}

/** Null when nothing was typed. */
function ofBash(last: Prompt, now: Prompt): string | null {
  if (now.history === last.history) return null;
  const entry = /^\s*\d+\*?\s{2}([^]*)$/.exec(now.history);
  return entry?.[1] ?? null;
}

/**
 * The history of ash is one of lines: those that are empty, or the same as the one before, are
 * missing. The number of prompts tells where.
 */
function ofAsh(
  last: Prompt,
  now: Prompt,
  changed: (prompt: Prompt) => boolean | undefined,
): string | undefined | null {
  const isSilent = now.number === last.number && now.history === last.history;
  if (isSilent) return null;
  const lines = newLines(linesOf(last), linesOf(now));
  const asked = now.continued - last.continued + 1;
  if (lines.length === asked) return lines.join('\n');
  if (lines.length > 0) return undefined;
  const hasEffect = changed(now) === true || now.directory !== last.directory;
  if (!hasEffect) return null;
  // The same line once more.
  return asked === 1 ? linesOf(now).at(-1) : undefined;
}

function linesOf({ history }: Prompt): string[] {
  return history.split('\n').flatMap((line) => /^\s*\d+ (.*)$/.exec(line)?.[1] ?? []);
}

/** What the second list has behind the end of the first, whose beginning may be gone. */
function newLines(before: readonly string[], now: readonly string[]): readonly string[] {
  for (let gone = 0; gone <= before.length; gone += 1) {
    const kept = before.length - gone;
    if (kept <= now.length && before.slice(gone).every((line, at) => line === now[at])) {
      return now.slice(kept);
    }
  }
  return now;
}
