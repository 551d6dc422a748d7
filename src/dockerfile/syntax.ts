import type { Directive } from './ast.ts';
import { isSpace, trimSpace } from './blank.ts';
import { directive } from './directives.ts';

/** Docker's own frontends, in whatever version: their language is the one that is built in. */
const BUILT_IN =
  /^(?:dockerfile\.v0|(?:(?:registry-1\.)?docker\.io\/)?docker\/dockerfile(?:-upstream)?(?:[:@].*)?)$/;

/**
 * The frontend image that a file asks for when it is not the built-in one: by a `syntax`
 * directive, the same with `//`, or a JSON document with such a key; a first line that starts
 * with `#!` is skipped. `override` is the build argument `BUILDKIT_SYNTAX`.
 */
export function foreignSyntax(text: string, override?: string): string | undefined {
  const asked = override ?? askedSyntax(text);
  const [reference = ''] = trimSpace(asked ?? '').split(' ', 1);
  return reference === '' || BUILT_IN.test(reference) ? undefined : reference;
}

function askedSyntax(text: string): string | undefined {
  const feed = text.indexOf('\n');
  const body = text.startsWith('#!') ? text.slice(feed < 0 ? text.length : feed + 1) : text;
  return inComments(body, '#') ?? inComments(body, '//') ?? inJson(body);
}

function inComments(text: string, mark: '#' | '//'): string | undefined {
  const names = new Set<Directive['name']>();
  for (let at = 0; at < text.length;) {
    const feed = text.indexOf('\n', at);
    const end = feed < 0 ? text.length : feed;
    const line = text.slice(at, end);
    const pair = line.startsWith(mark) ? directive(line.slice(mark.length)) : undefined;
    if (!pair || names.has(pair.name)) return undefined;
    if (pair.name === 'syntax') return pair.value;
    names.add(pair.name);
    at = end + 1;
  }
  return undefined;
}

function inJson(text: string): string | undefined {
  let start = 0;
  while (start < text.length && isSpace(text[start] ?? '')) start += 1;
  if (text[start] !== '{') return undefined;
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document !== 'object' || document === null || !('syntax' in document))
      return undefined;
    return typeof document.syntax === 'string' ? document.syntax : undefined;
  } catch {
    return undefined;
  }
}
