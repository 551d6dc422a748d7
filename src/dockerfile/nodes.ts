import { decodeUtf8 } from '../base/utf8.ts';
import type { Directive, EscapeCharacter, Heredoc, Span } from './ast.ts';
import { isSeparator, isSpace, trimmedRange } from './blank.ts';
import { noDirectives } from './directives.ts';
import { DockerfileError, InstructionValueError } from './errors.ts';
import { heredocOpenings, readHeredoc } from './heredoc.ts';
import { jsonStrings } from './json-array.ts';
import { type Cursor, lineSpan, type LogicalLine, readLogicalLine, spanOf } from './lines.ts';
import { type Arg, leadingFlags, nameValues, quotedWords, separated } from './words.ts';

/** Largest Dockerfile in bytes. */
const MAX_FILE = 1024 * 1024;
/** Most instructions of a file: many times what anybody writes, and little enough to be quick about. */
const MAX_INSTRUCTIONS = 20_000;
/** ONBUILD within ONBUILD; the language allows none, the dump some. */
const MAX_NESTING = 50;

/**
 * An instruction with its arguments split by the rules of its keyword, and nothing checked: an
 * unknown keyword is a node too. The dump shows these; the typed tree is made from them.
 */
export interface InstructionNode {
  /** As written. */
  readonly keyword: string;
  readonly flags: readonly Arg[];
  readonly args: readonly Arg[];
  /** The arguments were a JSON array. */
  readonly json: boolean;
  /** The instruction inside ONBUILD; it has the place of an argument. */
  readonly child?: InstructionNode;
  readonly heredocs: readonly Heredoc[];
  readonly line: LogicalLine;
  /** Where in the logical line the instruction begins and ends. */
  readonly start: number;
  readonly end: number;
  /** The last line of the instruction, heredocs included. */
  readonly last: number;
}

/** The file as nodes. */
export interface NodeFile {
  readonly name: string;
  /** Without a byte order mark. */
  readonly text: string;
  readonly escape: EscapeCharacter;
  readonly directives: readonly Directive[];
  readonly nodes: readonly InstructionNode[];
}

/** Splits a file into nodes. Throws {@link DockerfileError}. */
export function readNodes(source: Uint8Array | string, file: string): NodeFile {
  const text = textOf(source, file);
  if (text === '') throw new DockerfileError('the Dockerfile cannot be empty', { file });
  const cursor: Cursor = {
    text,
    file,
    directives: noDirectives(file),
    at: 0,
    line: 0,
    comments: [],
  };
  const nodes: InstructionNode[] = [];
  try {
    for (let line = readLogicalLine(cursor); line; line = readLogicalLine(cursor)) {
      if (nodes.length === MAX_INSTRUCTIONS) {
        throw new DockerfileError(`${file} has more than ${MAX_INSTRUCTIONS} instructions`, {
          span: lineSpan(line.first, 0),
        });
      }
      nodes.push(readNode(cursor, line));
    }
    if (nodes.length === 0) {
      throw new DockerfileError('file with no instructions', {
        span: lineSpan(Math.max(cursor.line, 1), 0),
      });
    }
  } catch (error) {
    throw located(error, { file, text });
  }
  return {
    name: file,
    text,
    escape: cursor.directives.escape,
    directives: [...cursor.directives.found.values()],
    nodes,
  };
}

/** Lines of a node as a span; columns are those of its first and last line. */
export function nodeSpan(text: string, node: InstructionNode): Span {
  const end = endOffset(text, node);
  const start = node.line.pieces[0]?.column ?? 1;
  const lastLine = text.lastIndexOf('\n', end - 1) + 1;
  return {
    start: { line: node.line.first, column: start },
    end: { line: node.last, column: end - lastLine + 1 },
  };
}

/** The text of a node as it stands in the file, without the last line's end. */
export function nodeSource(text: string, node: InstructionNode): string {
  const start = node.line.offset + (node.line.pieces[0]?.column ?? 1) - 1;
  return text.slice(start, endOffset(text, node));
}

function endOffset(text: string, node: InstructionNode): number {
  let end = node.line.offset;
  for (let line = node.line.first; line <= node.last; line += 1) {
    const feed = text.indexOf('\n', end);
    end = feed < 0 ? text.length : feed + 1;
  }
  while (end > node.line.offset && (text[end - 1] === '\n' || text[end - 1] === '\r')) end -= 1;
  return end;
}

function textOf(source: Uint8Array | string, file: string): string {
  const size = typeof source === 'string' ? Buffer.byteLength(source) : source.length;
  if (size > MAX_FILE) {
    throw new DockerfileError(`${file} is larger than ${MAX_FILE} bytes`, { file });
  }
  const text = typeof source === 'string' ? source : decodeUtf8(source);
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** Completes an error that was thrown where the file was not at hand. */
function located(error: unknown, at: { readonly file: string; readonly text: string }): unknown {
  if (!(error instanceof DockerfileError) || !error.span) return error;
  const { message, span, point } = error;
  return new DockerfileError(message, { ...at, span, ...(point && { point }) });
}

function readNode(cursor: Cursor, line: LogicalLine): InstructionNode {
  try {
    const escape = cursor.directives.escape;
    const node = splitNode(line, 0, line.text.length, { escape, depth: 0 });
    const openings = mayHoldHeredocs(node) ? heredocOpenings(line.text) : [];
    if (openings.length === 0) return node;
    const heredocs = openings.map((opening) => readHeredoc(cursor, opening));
    return {
      ...node,
      ...(node.child && { child: { ...node.child, heredocs, last: cursor.line } }),
      heredocs,
      last: cursor.line,
    };
  } catch (error) {
    if (!(error instanceof InstructionValueError)) throw error;
    const { message, at } = error;
    throw new DockerfileError(message, {
      span: {
        start: { line: line.first, column: 1 },
        end: { line: Math.max(cursor.line, line.last), column: 1 },
      },
      ...(at && { point: spanOf(line, at.start, at.end) }),
    });
  }
}

function mayHoldHeredocs(node: InstructionNode): boolean {
  const inner = node.keyword.toLowerCase() === 'onbuild' ? (node.child ?? node) : node;
  const keyword = inner.keyword.toLowerCase();
  return !inner.json && (keyword === 'run' || keyword === 'copy' || keyword === 'add');
}

interface Splitting {
  readonly escape: EscapeCharacter;
  readonly depth: number;
}

function splitNode(
  line: LogicalLine,
  from: number,
  to: number,
  options: Splitting,
): InstructionNode {
  const { text } = line;
  const { start, end } = trimmedRange(text, from, to);
  let behind = start;
  while (behind < end && !isSeparator(text[behind])) behind += 1;
  const keyword = text.slice(start, behind);
  const { flags, rest } = leadingFlags(text, behind, end, options.escape);
  const range = trimmedRange(text, rest, end);
  const split = splitArgs(keyword, line, range, options);
  return {
    keyword,
    flags,
    args: [],
    json: false,
    ...split,
    heredocs: [],
    line,
    start,
    end,
    last: line.last,
  };
}

type Split = Partial<Pick<InstructionNode, 'args' | 'json' | 'child'>>;

function splitArgs(
  keyword: string,
  line: LogicalLine,
  range: { readonly start: number; readonly end: number },
  options: Splitting,
): Split {
  const { text } = line;
  const { start, end } = range;
  switch (keyword.toLowerCase()) {
    case 'run':
    case 'cmd':
    case 'entrypoint':
    case 'shell':
      return jsonOr(text, start, end, whole);
    case 'copy':
    case 'add':
    case 'volume':
      return jsonOr(text, start, end, separated);
    case 'from':
    case 'expose':
      return { args: separated(text, start, end) };
    case 'env':
    case 'label':
      return {
        args: nameValues(text, start, end, {
          escape: options.escape,
          keyword: keyword.toUpperCase(),
        }),
      };
    case 'arg':
      return { args: quotedWords(text, start, end, options.escape) };
    case 'maintainer':
    case 'user':
    case 'workdir':
    case 'stopsignal':
      return { args: whole(text, start, end) };
    case 'healthcheck':
      return typeAndCommand(text, start, end);
    case 'onbuild':
      return trigger(line, start, end, options);
    default:
      return { args: [{ value: '', start, end: start }] };
  }
}

function whole(text: string, start: number, end: number): Arg[] {
  return start === end ? [] : [{ value: text.slice(start, end), start, end }];
}

function jsonOr(
  text: string,
  start: number,
  end: number,
  otherwise: (text: string, start: number, end: number) => Arg[],
): Split {
  const strings = text[start] === '[' ? jsonStrings(text.slice(start, end)) : undefined;
  if (!strings) return { args: otherwise(text, start, end) };
  return { args: strings.map((value) => ({ value, start, end })), json: true };
}

function typeAndCommand(text: string, start: number, end: number): Split {
  let stop = start;
  while (stop < end && !isSpace(text[stop] ?? '')) stop += 1;
  if (stop === start) return {};
  const type = { value: text.slice(start, stop), start, end: stop };
  const command = jsonOr(text, trimmedRange(text, stop, end).start, end, whole);
  return { ...command, args: [type, ...(command.args ?? [])] };
}

function trigger(line: LogicalLine, start: number, end: number, options: Splitting): Split {
  if (start === end) return {};
  if (options.depth >= MAX_NESTING) {
    throw new InstructionValueError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  }
  return { child: splitNode(line, start, end, { ...options, depth: options.depth + 1 }) };
}
