/**
 * A pattern as a test: `*` stands for anything but `/`, `**` for anything, `?` for one character
 * but `/`. All else stands for itself.
 */
export function pattern(text: string): (name: string) => boolean {
  const source = text.replaceAll(/\*\*|[*?]|[^\w]/g, (part) => {
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : `\\${part}`;
  });
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(name);
}

/** True for what at least one of the patterns means. */
export function anyPattern(texts: readonly string[]): (name: string) => boolean {
  const tests = texts.map(pattern);
  return (name) => tests.some((test) => test(name));
}
