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
  const expression = text.replaceAll(/\*\*|\*|[.-]/g, (part) =>
    part === '**' ? '.*' : part === '*' ? '[^/]*' : `\\${part}`,
  );
  const whole = new RegExp(`^${expression}$`);
  return {
    text,
    weight: text.replaceAll('*', '').length,
    matches: text === '**' ? () => true : (repository) => whole.test(repository),
  };
}
