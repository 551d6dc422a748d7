/** A pattern of repository names. */
export interface Pattern {
  readonly text: string;
  matches(repository: string): boolean;
  /** Characters that are no wildcard: of two patterns that match, the one with more is meant. */
  readonly weight: number;
}

const GRAMMAR = /^[a-z0-9._/*-]{1,255}$/;

/**
 * Reads a pattern: `*` is any text within a component of the name, `**` any text, so that
 * `team/**` is all that is below `team/` and `**` is all. Throws RangeError.
 */
export function parsePattern(text: string): Pattern {
  if (!GRAMMAR.test(text) || /\*{3}/.test(text)) {
    throw new RangeError(`"${text}" is no pattern of repositories`);
  }
  const parts = text.match(/\*\*|./g) ?? [];
  return {
    text,
    weight: text.replaceAll('*', '').length,
    matches: text === '**' ? () => true : (repository) => isMatch(parts, repository),
  };
}

/**
 * All ways through the pattern at once, so that no name takes longer than its length times that
 * of the pattern: names come from clients.
 */
function isMatch(parts: readonly string[], name: string): boolean {
  // at[i]: what was read so far may end before part i. A wildcard may stand for nothing.
  let at = parts.map((_, index) => index === 0);
  at.push(parts.length === 0);
  const skip = (): void => {
    for (const [index, part] of parts.entries()) {
      if (at[index] && part.startsWith('*')) at[index + 1] = true;
    }
  };
  skip();
  for (const sign of name) {
    const next = at.map(() => false);
    for (const [index, part] of parts.entries()) {
      if (!at[index]) continue;
      if (part === '**' || (part === '*' && sign !== '/')) next[index] = true;
      else if (part === sign) next[index + 1] = true;
    }
    at = next;
    skip();
  }
  return at[parts.length] === true;
}
