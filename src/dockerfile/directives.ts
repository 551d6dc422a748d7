import type { Directive, EscapeCharacter } from './ast.ts';
import { isSpace, spanOfSpace, trimSpace } from './blank.ts';
import { DockerfileError } from './errors.ts';

/** What the lines at the top have said so far. */
export interface DirectiveState {
  escape: EscapeCharacter;
  readonly found: Map<Directive['name'], Directive>;
  /** A line that is no directive was met: the rest are comments. */
  done: boolean;
  readonly file: string;
}

/** The state before the first line. */
export function noDirectives(file: string): DirectiveState {
  return { escape: '\\', found: new Map(), done: false, file };
}

/**
 * Reads one line, without white space at its start, as a parser directive. True when it is one.
 * Throws {@link DockerfileError} for a name given twice and for an escape character that is
 * neither `\` nor a backquote.
 */
export function readDirective(
  state: DirectiveState,
  content: string,
  line: { readonly text: string; readonly number: number },
): boolean {
  if (state.done) return false;
  const pair = content.startsWith('#') ? directive(content.slice(1)) : undefined;
  if (!pair) {
    state.done = true;
    return false;
  }
  const span = {
    start: { line: line.number, column: 1 },
    end: { line: line.number, column: line.text.length + 1 },
  };
  if (state.found.has(pair.name)) {
    throw new DockerfileError(`only one ${pair.name} parser directive can be used`, {
      span,
      file: state.file,
    });
  }
  state.found.set(pair.name, { ...pair, span });
  if (pair.name === 'escape') {
    if (pair.value !== '\\' && pair.value !== '`') {
      throw new DockerfileError(`invalid escape token '${pair.value}' does not match \` or \\`, {
        span,
        file: state.file,
      });
    }
    state.escape = pair.value;
  }
  return true;
}

/** `name = value` with a name that is known, in any case. `undefined` for anything else. */
export function directive(
  text: string,
): { readonly name: Directive['name']; readonly value: string } | undefined {
  const start = spanOfSpace(text, 0);
  const equals = text.indexOf('=', start);
  if (equals < 0) return undefined;
  let end = equals;
  while (end > start && isSpace(text[end - 1] ?? '')) end -= 1;
  const name = text.slice(start, end).toLowerCase();
  const value = trimSpace(text.slice(equals + 1));
  if (name !== 'syntax' && name !== 'escape' && name !== 'check') return undefined;
  return value === '' ? undefined : { name, value };
}
