import { TemplateError } from './errors.ts';
import { lex, type Token, type TokenKind } from './lexer.ts';
import { nodeText, type CommandNode, type Operand, type Pipe, type TemplateNode } from './nodes.ts';
import { readNumber, type NumberConstant } from './numbers.ts';
import { unquote } from './unquote.ts';

/** Templates by name; the one that was parsed has the empty name. */
export type TemplateSet = ReadonlyMap<string, readonly TemplateNode[]>;

/** What a command may begin with. */
const STARTS: ReadonlySet<TokenKind> = new Set([
  'bool',
  'char',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw',
  'string',
  'variable',
  '(',
]);

/** How a list of nodes ended. */
interface List {
  readonly nodes: TemplateNode[];
  readonly end: 'eof' | 'end' | 'else';
}

/**
 * Parses a template of Go's language. `functions` are the names that may be called.
 * Throws TemplateError in Go's words.
 *
 * @see https://pkg.go.dev/text/template#hdr-Actions
 */
export function parseTemplate(source: string, functions: ReadonlySet<string>): TemplateSet {
  const tokens = lex(source);
  const set = new Map<string, readonly TemplateNode[]>();
  let index = 0;
  let variables = ['$'];
  let loops = 0;
  let nested = 0;

  const peek = (): Token => tokens[index] ?? (tokens.at(-1) as Token);
  const next = (): Token => {
    const token = peek();
    index += 1;
    return token;
  };
  const skipSpace = (): Token => {
    while (peek().kind === 'space') index += 1;
    return peek();
  };
  const nextSolid = (): Token => {
    skipSpace();
    return next();
  };
  const fail = (message: string, token = peek()): never => {
    throw new TemplateError(`:${token.line}: ${message}`);
  };
  const shown = (token: Token): string => {
    if (token.kind === 'eof') return 'EOF';
    if (['keyword', 'dot', 'nil'].includes(token.kind)) return `<${token.text}>`;
    return token.text.length > 10
      ? `${JSON.stringify(token.text.slice(0, 10))}...`
      : JSON.stringify(token.text);
  };
  const unexpected = (token: Token, context: string): never =>
    fail(`unexpected ${shown(token)} in ${context}`, token);
  const expect = (kind: TokenKind, context: string): Token => {
    const token = nextSolid();
    return token.kind === kind ? token : unexpected(token, context);
  };

  const main = list(true);
  if (main.end !== 'eof') fail(`unexpected {{${main.end}}}`);
  set.set('', main.nodes);
  return set;

  /** Nodes up to the `end` or `else` that closes them. */
  function list(top: boolean): List {
    const nodes: TemplateNode[] = [];
    for (;;) {
      const token = next();
      if (token.kind === 'eof') {
        if (!top) fail('unexpected EOF', token);
        return { nodes, end: 'eof' };
      }
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', at: token.at, text: token.text });
        continue;
      }
      const word = skipSpace();
      if (word.kind !== 'keyword') {
        nodes.push({ kind: 'action', at: word.at, pipe: pipeline('command', 'right') });
        continue;
      }
      index += 1;
      if (word.text === 'end') {
        expect('right', 'end');
        if (top) fail('unexpected {{end}}', word);
        return { nodes, end: 'end' };
      }
      if (word.text === 'else') {
        if (top) fail('unexpected {{else}}', word);
        return { nodes, end: 'else' };
      }
      const node = statement(word);
      if (node) nodes.push(node);
    }
  }

  function statement(word: Token): TemplateNode | undefined {
    switch (word.text) {
      case 'if':
      case 'with':
      case 'range':
        return control(word, word.text);
      case 'break':
      case 'continue':
        if (loops === 0) fail(`{{${word.text}}} outside {{range}}`, word);
        expect('right', `{{${word.text}}}`);
        return { kind: word.text, at: word.at };
      case 'template':
        return invocation();
      case 'block':
        return block();
      default:
        definition(word);
        return undefined;
    }
  }

  function control(word: Token, kind: 'if' | 'with' | 'range'): TemplateNode {
    const before = variables;
    variables = [...variables];
    const pipe = pipeline(kind, 'right');
    if (kind === 'range') loops += 1;
    const body = nest(() => list(false));
    if (kind === 'range') loops -= 1;
    let otherwise: readonly TemplateNode[] = [];
    if (body.end === 'else') {
      const follow = skipSpace();
      const chained =
        follow.kind === 'keyword' && follow.text === kind && (kind === 'if' || kind === 'with');
      if (chained) {
        index += 1;
        otherwise = [control(follow, kind)];
      } else {
        expect('right', 'else');
        const rest = nest(() => list(false));
        if (rest.end === 'else') fail('expected end; found {{else}}');
        otherwise = rest.nodes;
      }
    }
    variables = before;
    return { kind, at: word.at, pipe, body: body.nodes, otherwise };
  }

  /** Bounds nesting, so that a hostile template is an error and not a stack overflow. */
  function nest<T>(body: () => T): T {
    nested += 1;
    if (nested > 200) fail('max expression depth exceeded');
    const result = body();
    nested -= 1;
    return result;
  }

  function invocation(): TemplateNode {
    const { at } = skipSpace();
    const name = templateName('template clause');
    const end = skipSpace();
    if (end.kind === 'right') {
      index += 1;
      return { kind: 'template', at, name, pipe: undefined };
    }
    return { kind: 'template', at, name, pipe: pipeline('template clause', 'right') };
  }

  function block(): TemplateNode {
    const { at } = skipSpace();
    const name = templateName('block clause');
    const pipe = pipeline('block clause', 'right');
    define(name);
    return { kind: 'template', at, name, pipe };
  }

  function definition(word: Token): void {
    if (nested > 0) fail(`unexpected {{${word.text}}}`, word);
    const name = templateName('define clause');
    expect('right', 'define clause');
    define(name);
  }

  function define(name: string): void {
    const before = [variables, loops] as const;
    variables = ['$'];
    loops = 0;
    const body = nest(() => list(false));
    if (body.end === 'else') fail('unexpected {{else}} in define clause');
    [variables, loops] = before;
    set.set(name, body.nodes);
  }

  function templateName(context: string): string {
    const token = nextSolid();
    if (token.kind !== 'string' && token.kind !== 'raw') unexpected(token, context);
    return unquote(token.text) ?? fail('invalid syntax', token);
  }

  function pipeline(context: string, end: 'right' | ')'): Pipe {
    const first = skipSpace();
    const declared: string[] = [];
    let assign = false;
    for (;;) {
      const start = index;
      const token = skipSpace();
      if (token.kind !== 'variable') break;
      index += 1;
      const follow = skipSpace();
      if (follow.kind === 'declare' || follow.kind === 'assign') {
        index += 1;
        assign = follow.kind === 'assign';
        declared.push(token.text);
        if (!assign) variables.push(token.text);
        break;
      }
      if (follow.kind === 'comma' && context === 'range' && declared.length === 0) {
        index += 1;
        declared.push(token.text);
        variables.push(token.text);
        continue;
      }
      if (follow.kind === 'comma') fail(`too many declarations in ${context}`);
      index = start;
      break;
    }
    const commands: CommandNode[] = [];
    for (;;) {
      const token = skipSpace();
      if (token.kind === end) {
        index += 1;
        if (commands.length === 0) fail(`missing value for ${context}`, token);
        checkStages(commands);
        return { at: first.at, variables: declared, assign, commands };
      }
      if (!STARTS.has(token.kind)) unexpected(token, context);
      commands.push(command());
    }
  }

  /** Only functions and methods can take what comes through a pipe. */
  function checkStages(commands: readonly CommandNode[]): void {
    for (const [stage, { args }] of commands.entries()) {
      const [head] = args;
      if (stage === 0 || !head) continue;
      if (['bool', 'dot', 'nil', 'number', 'string'].includes(head.kind)) {
        fail(`non executable command in pipeline stage ${stage + 1}`);
      }
    }
  }

  function command(): CommandNode {
    const start = skipSpace().at;
    const args: Operand[] = [];
    for (;;) {
      skipSpace();
      const found = operand();
      if (found) args.push(found);
      const token = next();
      if (token.kind === 'space') continue;
      if (token.kind === 'pipe') break;
      index -= 1;
      if (token.kind === 'right' || token.kind === ')') break;
      unexpected(token, 'operand');
    }
    if (args.length === 0) fail('empty command');
    return { at: start, args };
  }

  function operand(): Operand | undefined {
    const base = term();
    if (base === undefined || peek().kind !== 'field') return base;
    const at = peek().at;
    const names: string[] = [];
    while (peek().kind === 'field') names.push(next().text.slice(1));
    switch (base.kind) {
      case 'field':
        return { kind: 'field', at, names: [...base.names, ...names] };
      case 'variable':
        return { ...base, at, names: [...base.names, ...names] };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return fail(`unexpected . after term ${JSON.stringify(nodeText(base))}`);
      default:
        return { kind: 'chain', at, base, names };
    }
  }

  function term(): Operand | undefined {
    const token = next();
    const { at, text } = token;
    switch (token.kind) {
      case 'identifier':
        if (!functions.has(text)) fail(`function ${JSON.stringify(text)} not defined`, token);
        return { kind: 'function', at, name: text };
      case 'dot':
        return { kind: 'dot', at };
      case 'nil':
        return { kind: 'nil', at };
      case 'bool':
        return { kind: 'bool', at, value: text === 'true' };
      case 'field':
        return { kind: 'field', at, names: [text.slice(1)] };
      case 'variable':
        checkVariable(text);
        return { kind: 'variable', at, name: text, names: [] };
      case 'number':
        return { kind: 'number', at, text, ...number(token) };
      case 'char': {
        const letter = unquote(text) || fail('invalid syntax', token);
        if (Array.from(letter).length !== 1) fail(`malformed character constant: ${text}`, token);
        return { kind: 'number', at, text, value: letter.codePointAt(0) ?? 0, float: false };
      }
      case 'string':
      case 'raw': {
        const value = unquote(text);
        return value === undefined
          ? fail('invalid syntax', token)
          : { kind: 'string', at, text, value };
      }
      case '(':
        return { kind: 'pipe', at, pipe: nest(() => pipeline('parenthesized pipeline', ')')) };
      default:
        index -= 1;
        return undefined;
    }
  }

  function number(token: Token): NumberConstant {
    try {
      return readNumber(token.text);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return fail(error.message, token);
    }
  }

  function checkVariable(name: string): void {
    if (!variables.includes(name)) fail(`undefined variable ${JSON.stringify(name)}`);
  }
}
