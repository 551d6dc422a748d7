import { goQuote } from '../base/go-quote.ts';
import type { Instruction, Node, Pair, Word } from './ast.ts';
import { trimSpace } from './blank.ts';
import { copyLike } from './copy-instruction.ts';
import { InstructionValueError } from './errors.ts';
import { type FlagKind, readFlags } from './flags.ts';
import { healthcheck } from './healthcheck.ts';
import { argvOf, atLeastOne, wordOf } from './node-words.ts';
import { type InstructionNode, nodeSource, nodeSpan } from './nodes.ts';
import { closest } from '../base/suggest.ts';
import { runParts } from './run-instruction.ts';
import type { Arg } from './words.ts';

const KEYWORDS = (
  'FROM RUN CMD LABEL MAINTAINER EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG ONBUILD ' +
  'STOPSIGNAL HEALTHCHECK SHELL'
).split(' ');
const NO_FLAGS: ReadonlyMap<string, FlagKind> = new Map();
const FROM_FLAGS: ReadonlyMap<string, FlagKind> = new Map([['platform', 'value']]);

/**
 * Makes the typed instruction of a node: the number of its arguments, its flags and what needs no
 * variable are checked. Throws {@link InstructionValueError}.
 */
export function typedInstruction(node: InstructionNode, text: string): Instruction {
  switch (node.keyword.toUpperCase()) {
    case 'FROM':
      return from(node, text);
    case 'ARG':
      return { ...common('ARG', node, text), args: declarations(node) };
    case 'ENV':
      return { ...common('ENV', node, text), pairs: pairs(node, 'ENV') };
    case 'LABEL':
      return { ...common('LABEL', node, text), pairs: pairs(node, 'LABEL') };
    case 'RUN':
      return { ...common('RUN', node, text), ...runParts(node) };
    case 'COPY':
      return { ...common('COPY', node, text), ...copyLike(node, 'COPY') };
    case 'ADD':
      return { ...common('ADD', node, text), ...copyLike(node, 'ADD') };
    case 'CMD':
      noFlags(node);
      return { ...common('CMD', node, text), command: argvOf(node) };
    case 'ENTRYPOINT':
      noFlags(node);
      return { ...common('ENTRYPOINT', node, text), command: argvOf(node) };
    case 'SHELL':
      return { ...common('SHELL', node, text), argv: shell(node) };
    case 'EXPOSE':
      return { ...common('EXPOSE', node, text), ports: sorted(words(node, 'EXPOSE')) };
    case 'VOLUME':
      return { ...common('VOLUME', node, text), paths: volumes(node) };
    case 'USER':
      return { ...common('USER', node, text), user: only(node, 'USER') };
    case 'WORKDIR':
      return { ...common('WORKDIR', node, text), path: only(node, 'WORKDIR') };
    case 'MAINTAINER':
      return { ...common('MAINTAINER', node, text), name: only(node, 'MAINTAINER').raw };
    case 'STOPSIGNAL':
      return { ...common('STOPSIGNAL', node, text), signal: single(node, 'STOPSIGNAL') };
    case 'HEALTHCHECK':
      return { ...common('HEALTHCHECK', node, text), check: healthcheck(node) };
    case 'ONBUILD':
      return { ...common('ONBUILD', node, text), trigger: trigger(node) };
    default:
      throw unknownInstruction(node);
  }
}

function common<Kind extends string>(kind: Kind, node: InstructionNode, text: string): Node<Kind> {
  const line = node.line.text.slice(node.start, node.end);
  const bodies = node.heredocs.map((heredoc) => `\n${heredoc.body}${heredoc.name}`);
  return {
    kind,
    span: nodeSpan(text, node),
    keyword: node.keyword,
    source: nodeSource(text, node),
    line,
    original: line + bodies.join(''),
    comments: node.line.comments,
  };
}

function noFlags(node: InstructionNode): void {
  readFlags(node.flags, NO_FLAGS);
}

function words(node: InstructionNode, keyword: string): Word[] {
  if (node.args.length === 0) throw atLeastOne(keyword);
  noFlags(node);
  return node.args.map((arg) => wordOf(node, arg));
}

/** The builder's order, which histories show. */
function sorted(ports: readonly Word[]): Word[] {
  return ports.toSorted((a, b) => (a.raw < b.raw ? -1 : a.raw > b.raw ? 1 : 0));
}

function single(node: InstructionNode, keyword: string): Word {
  const [arg, ...more] = node.args;
  if (!arg || more.length > 0) {
    throw new InstructionValueError(`${keyword} requires exactly one argument`);
  }
  return wordOf(node, arg);
}

function only(node: InstructionNode, keyword: string): Word {
  const word = single(node, keyword);
  noFlags(node);
  return word;
}

function from(node: InstructionNode, text: string): Instruction {
  const [image, as, name, ...more] = node.args;
  const named = as && name && more.length === 0 && as.value.toLowerCase() === 'as';
  if (!image || (as && !named)) {
    throw new InstructionValueError('FROM requires either one or three arguments');
  }
  const stage = named ? name.value.toLowerCase() : undefined;
  if (name && stage !== undefined && !/^[a-z][a-z0-9-_.]*$/.test(stage)) {
    throw new InstructionValueError(
      `invalid name for build stage: ${goQuote(name.value)}, name can't start with a number or contain symbols`,
      { at: name },
    );
  }
  const platform = readFlags(node.flags, FROM_FLAGS).get('platform')?.[0];
  const description = stage === undefined ? undefined : describedIn(node.line.comments, stage);
  return {
    ...common('FROM', node, text),
    image: wordOf(node, image),
    ...(platform && platform.value !== '' && { platform: wordOf(node, platform) }),
    ...(as &&
      name &&
      stage !== undefined && { as: stage, asWord: wordOf(node, name), asKeyword: as.value }),
    ...(description !== undefined && { description }),
  };
}

/** The rest of the first comment that begins with the name and a blank. */
function describedIn(comments: readonly string[], name: string): string | undefined {
  return comments.find((comment) => comment.startsWith(`${name} `))?.slice(name.length + 1);
}

function declarations(node: InstructionNode) {
  if (node.args.length === 0) throw atLeastOne('ARG');
  return node.args.map((arg) => {
    const equals = arg.value.indexOf('=');
    if (equals === 0) throw new InstructionValueError('ARG names can not be blank', { at: arg });
    const nameEnd = equals < 0 ? arg.end : arg.start + equals;
    const name = equals < 0 ? arg.value : arg.value.slice(0, equals);
    const description = describedIn(node.line.comments, name);
    return {
      name,
      ...(equals > 0 && {
        value: wordOf(node, {
          value: arg.value.slice(equals + 1),
          start: nameEnd + 1,
          end: arg.end,
        }),
      }),
      ...(description !== undefined && { description }),
    };
  });
}

function pairs(node: InstructionNode, keyword: string): Pair[] {
  noFlags(node);
  if (node.args.length === 0) throw atLeastOne(keyword);
  const found: Pair[] = [];
  for (let at = 0; at + 2 < node.args.length; at += 3) {
    const [name, value, separator] = node.args.slice(at, at + 3) as [Arg, Arg, Arg];
    if (name.value === '') {
      const at = { start: name.start, end: value.end };
      throw new InstructionValueError(`${keyword} names can not be blank`, { at });
    }
    found.push({
      name: wordOf(node, name),
      value: wordOf(node, value),
      legacy: separator.value === '',
    });
  }
  return found;
}

function volumes(node: InstructionNode): Word[] {
  return words(node, 'VOLUME').map((word) => {
    const raw = trimSpace(word.raw);
    if (raw === '') {
      throw new InstructionValueError('VOLUME specified can not be an empty string');
    }
    return { ...word, raw };
  });
}

function shell(node: InstructionNode): string[] {
  noFlags(node);
  if (node.args.length === 0) throw atLeastOne('SHELL');
  if (!node.json) {
    const [written] = node.args;
    throw new InstructionValueError('SHELL requires the arguments to be in JSON form', {
      ...(written && { at: written }),
      hint: 'Write it as SHELL ["/bin/sh", "-c"]: with brackets, commas and double quotes.',
    });
  }
  return node.args.map((arg) => arg.value);
}

function trigger(node: InstructionNode): string {
  const { child } = node;
  if (!child) throw atLeastOne('ONBUILD');
  noFlags(node);
  const keyword = child.keyword.toUpperCase();
  if (keyword === 'ONBUILD') {
    throw new InstructionValueError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  }
  if (keyword === 'MAINTAINER' || keyword === 'FROM') {
    throw new InstructionValueError(`${keyword} isn't allowed as an ONBUILD trigger`);
  }
  const bodies = node.heredocs.map((heredoc) => `\n${heredoc.body}${heredoc.name}`);
  return node.line.text.slice(child.start, child.end) + bodies.join('');
}

function unknownInstruction({ keyword, start }: InstructionNode): InstructionValueError {
  const near = closest(keyword, KEYWORDS, { ignoreCase: true }) ?? begun(keyword);
  const hint = near === undefined ? '' : ` (did you mean ${near}?)`;
  return new InstructionValueError(`unknown instruction: ${keyword}${hint}`, {
    at: { start, end: start + keyword.length },
    hint:
      near === undefined
        ? 'If it belongs to the line above, that one has to end with the escape character (\\).'
        : undefined,
  });
}

/** A keyword with something else than a blank behind it: `COPY--from=a`. */
function begun(text: string): string | undefined {
  const [, word = '', rest = ''] = /^([A-Za-z]+)([^A-Za-z].*)$/s.exec(text) ?? [];
  if (!KEYWORDS.includes(word.toUpperCase())) return undefined;
  return rest.startsWith('-') || rest.startsWith('[') ? `${word} ${rest}` : word;
}
