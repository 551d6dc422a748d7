import type { CopyFlags, CopyLike, Heredoc, Word } from './ast.ts';
import { InstructionValueError } from './errors.ts';
import { type FlagKind, type Flags, readFlags } from './flags.ts';
import { heredocOpening } from './heredoc.ts';
import { wordOf } from './node-words.ts';
import type { InstructionNode } from './nodes.ts';
import type { Arg } from './words.ts';

type Keyword = 'COPY' | 'ADD';

const KNOWN: Readonly<Record<Keyword, ReadonlyMap<string, FlagKind>>> = {
  COPY: new Map([
    ['chown', 'value'],
    ['from', 'value'],
    ['chmod', 'value'],
    ['link', 'boolean'],
    ['exclude', 'values'],
    ['parents', 'boolean'],
  ]),
  ADD: new Map([
    ['chown', 'value'],
    ['chmod', 'value'],
    ['link', 'boolean'],
    ['keep-git-dir', 'boolean'],
    ['checksum', 'value'],
    ['unpack', 'boolean'],
    ['exclude', 'values'],
  ]),
};

/** Sources, target and flags of COPY or ADD. Throws {@link InstructionValueError}. */
export function copyLike(node: InstructionNode, keyword: Keyword): CopyLike {
  const target = node.args.at(-1);
  if (!target || node.args.length < 2) {
    throw new InstructionValueError(
      `${keyword} requires at least two arguments, but only one was provided. Destination could not be determined`,
    );
  }
  const flags = flagsOf(node, readFlags(node.flags, KNOWN[keyword]));
  if (!node.json && heredocOpening(target.value)) {
    throw new InstructionValueError(`${keyword} cannot accept a heredoc as a destination`, {
      at: target,
    });
  }
  const bodies = new Map(node.heredocs.map((heredoc) => [heredoc.name, heredoc]));
  return {
    sources: node.args.slice(0, -1).map((arg) => sourceOf(node, arg, bodies)),
    target: wordOf(node, target),
    flags,
  };
}

function sourceOf(
  node: InstructionNode,
  arg: Arg,
  bodies: ReadonlyMap<string, Heredoc>,
): Word | Heredoc {
  const word = wordOf(node, arg);
  const opening = node.json ? undefined : heredocOpening(arg.value);
  if (!opening) return word;
  // A line whose quotes do not match reads no bodies: its heredocs are empty files.
  return bodies.get(opening.name) ?? { ...opening, body: '', content: '', span: word.span };
}

function flagsOf(node: InstructionNode, given: Flags): CopyFlags {
  const word = (name: string): Word | undefined => {
    const arg = given.get(name)?.[0];
    return arg && arg.value !== '' ? wordOf(node, arg) : undefined;
  };
  const toggle = (name: string): boolean | undefined => {
    const arg = given.get(name)?.[0];
    return arg && arg.value === 'true';
  };
  const from = word('from');
  const chown = word('chown');
  const chmod = word('chmod');
  const link = toggle('link');
  const parents = toggle('parents');
  const keepGitDir = toggle('keep-git-dir');
  const checksum = word('checksum');
  const unpack = toggle('unpack');
  return {
    ...(from && { from }),
    ...(chown && { chown }),
    ...(chmod && { chmod }),
    ...(link !== undefined && { link }),
    ...(parents !== undefined && { parents }),
    exclude: (given.get('exclude') ?? []).map((arg) => arg.value),
    ...(keepGitDir !== undefined && { keepGitDir }),
    ...(checksum && { checksum }),
    ...(unpack !== undefined && { unpack }),
  };
}
